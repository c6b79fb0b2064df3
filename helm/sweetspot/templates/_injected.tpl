{{- /*
The sidecar as the injector puts it beside other charts' pods: the same container, with its whole
configuration as flags, since those pods have no ConfigMap of this release, nor its Lease.
*/ -}}
{{- define "sweetspot.injectorTemplate" -}}
{{- $values := deepCopy .Values -}}
{{- $_ := set $values "inline" true -}}
{{- $_ := set $values "secretMounts" list -}}
{{- $_ := set $values "secrets" (dict "operatorToken" "" "controlTls" "" "controlServerName" "localhost" "controlTokens" "" "controlClient" "") -}}
{{- $_ := set $values.example "enabled" false -}}
{{- $_ := set $values.fleet "enabled" false -}}
{{- $scope := dict "Values" $values "Chart" .Chart "Release" .Release "Capabilities" .Capabilities "Template" .Template -}}
{{- include "sweetspot.check" $scope -}}
{{- $hook := ternary dict (include "sweetspot.backendPreStop" $scope | fromYaml) (eq $values.backend.preStop "none") -}}
{{- dict
  "container" (include "sweetspot.container" $scope | fromYaml)
  "volumes" (include "sweetspot.volumes" $scope | fromYamlArray)
  "labels" (include "sweetspot.podLabel" $scope | fromYaml)
  "backendPreStop" (ternary nil $hook (empty $hook))
  "endSeconds" (include "sweetspot.endSeconds" $scope | int)
  "drainDelayMilliseconds" (include "sweetspot.milliseconds" $values.config.drain.delay | int)
  "native" (eq (include "sweetspot.isNative" $scope) "true")
  "proxyPort" ($values.ports.proxy | int)
  "adminPort" ($values.ports.admin | int)
  "controlPort" ($values.ports.control | int)
  "backendPort" ($values.backend.port | int)
  "bindAddress" $values.bindAddress
  "namespace" .Release.Namespace
  "denies" (eq $values.injector.onRefusal "deny")
  | toPrettyJson -}}
{{- end -}}

{{- /* A configuration as flags: (list prefix map), a YAML list. */ -}}
{{- define "sweetspot.flags" -}}
{{- $prefix := index . 0 -}}
{{- range $key, $value := index . 1 }}
{{- if kindIs "map" $value }}
{{- include "sweetspot.flags" (list (printf "%s%s." $prefix $key) $value) }}
{{- else if kindIs "slice" $value }}
{{- if $value }}
- {{ printf "--%s%s" $prefix $key | quote }}
{{- range $value }}
- {{ . | quote }}
{{- end }}
{{- end }}
{{- else }}
- {{ printf "--%s%s=%s" $prefix $key (kindIs "string" $value | ternary $value (toJson $value)) | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "sweetspot.args" -}}
{{- if .Values.inline -}}
{{- include "sweetspot.flags" (list "" (include "sweetspot.config" . | fromYaml)) | fromYamlArray | toJson -}}
{{- else -}}
[--config, /etc/sweetspot/sidecar.yaml]
{{- end -}}
{{- end -}}
