{{- /*
A pod template (metadata and spec, as YAML) with the sidecar put beside it:
  {{ include "sweetspot.pod" (list .Subcharts.sweetspot (include "mychart.pod" .)) | nindent 4 }}
*/ -}}
{{- define "sweetspot.pod" -}}
{{- $scope := index . 0 -}}
{{- $pod := fromYaml (index . 1) -}}
{{- if hasKey $pod "Error" -}}
{{- fail (printf "sweetspot.pod: the pod template is not YAML: %s" $pod.Error) -}}
{{- end -}}
{{- if $scope.Values.enabled -}}
{{- include "sweetspot.check" $scope -}}
{{- include "sweetspot.putMetadata" (list $scope $pod) -}}
{{- include "sweetspot.putEnd" (list $scope $pod) -}}
{{- include "sweetspot.putContainer" (list $scope $pod) -}}
{{- end -}}
{{- toYaml $pod -}}
{{- end -}}

{{- define "sweetspot.putMetadata" -}}
{{- $scope := index . 0 -}}
{{- $pod := index . 1 -}}
{{- $metadata := $pod.metadata | default dict -}}
{{- $labels := merge (include "sweetspot.podLabel" $scope | fromYaml) ($metadata.labels | default dict) -}}
{{- $checksum := dict "sweetspot/restart-checksum" (include "sweetspot.restartChecksum" $scope) -}}
{{- $_ := set $metadata "labels" $labels -}}
{{- $_ := set $metadata "annotations" (merge $checksum ($metadata.annotations | default dict)) -}}
{{- $_ := set $pod "metadata" $metadata -}}
{{- end -}}

{{- define "sweetspot.putEnd" -}}
{{- $scope := index . 0 -}}
{{- $spec := (index . 1).spec -}}
{{- $needed := include "sweetspot.endSeconds" $scope | int -}}
{{- $given := $spec.terminationGracePeriodSeconds -}}
{{- if kindIs "invalid" $given -}}
{{- $_ := set $spec "terminationGracePeriodSeconds" $needed -}}
{{- else if lt (int $given) $needed -}}
{{- fail (printf "terminationGracePeriodSeconds: %d is too short: drain.delay, drain.grace (queue.timeout and request.timeout) and backend.shutdown need %d" (int $given) $needed) -}}
{{- end -}}
{{- end -}}

{{- define "sweetspot.putContainer" -}}
{{- $scope := index . 0 -}}
{{- $spec := (index . 1).spec -}}
{{- $backend := dict -}}
{{- range $spec.containers -}}
{{- if or (eq .name $scope.Values.backend.container) (and (not $scope.Values.backend.container) (not $backend)) -}}
{{- $backend = . -}}
{{- end -}}
{{- end -}}
{{- if not $backend -}}
{{- fail (printf "backend.container: the pod has no container %q" $scope.Values.backend.container) -}}
{{- end -}}
{{- if ne $scope.Values.backend.preStop "none" -}}
{{- $lifecycle := $backend.lifecycle | default dict -}}
{{- if $lifecycle.preStop -}}
{{- fail (printf "container %s has a preStop hook: let it wait for the sidecar (GET /drained on the admin port answers when it may go on), and set backend.preStop to none" $backend.name) -}}
{{- end -}}
{{- $_ := set $lifecycle "preStop" (include "sweetspot.backendPreStop" $scope | fromYaml) -}}
{{- $_ := set $backend "lifecycle" $lifecycle -}}
{{- end -}}
{{- $list := ternary "initContainers" "containers" (eq (include "sweetspot.isNative" $scope) "true") -}}
{{- $sidecar := include "sweetspot.container" $scope | fromYaml -}}
{{- $_ := set $spec $list (append (index $spec $list | default list) $sidecar) -}}
{{- $_ := set $spec "volumes" (concat ($spec.volumes | default list) (include "sweetspot.volumes" $scope | fromYamlArray)) -}}
{{- if $scope.Values.shareProcessNamespace -}}
{{- $_ := set $spec "shareProcessNamespace" true -}}
{{- end -}}
{{- end -}}

{{- /* A Service's targetPort: (list scope backendsOwn), the sidecar's where there is one. */ -}}
{{- define "sweetspot.targetPort" -}}
{{- ternary (index . 0).Values.ports.proxy (index . 1) (index . 0).Values.enabled -}}
{{- end -}}
