{{- define "sweetspot.isNative" -}}
{{- if eq (toString .Values.nativeSidecar) "auto" -}}
{{- semverCompare ">=1.29.0-0" .Capabilities.KubeVersion.Version -}}
{{- else -}}
{{- toString .Values.nativeSidecar -}}
{{- end -}}
{{- end -}}

{{- define "sweetspot.ctl" -}}
[/usr/bin/sweetspotctl, --address, "127.0.0.1:{{ .Values.ports.control }}"]
{{- end -}}

{{- /* A probe's question: (list scope path words), by the kubelet's HTTP or by sweetspotctl. */ -}}
{{- define "sweetspot.question" -}}
{{- $scope := index . 0 -}}
{{- if $scope.Values.adminExposed -}}
httpGet:
  path: {{ index . 1 }}
  port: {{ $scope.Values.ports.admin }}
{{- else -}}
exec:
  command: {{ concat (include "sweetspot.ctl" $scope | fromYamlArray) (index . 2) | toJson }}
{{- end -}}
{{- end -}}

{{- /* The sidecar's container. */ -}}
{{- define "sweetspot.container" -}}
name: sweetspot
image: {{ include "sweetspot.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- if eq (include "sweetspot.isNative" .) "true" }}
restartPolicy: Always
{{- end }}
args: {{ include "sweetspot.args" . }}
{{- with include "sweetspot.ctlEnvironment" . }}
env: {{- . | nindent 2 }}
{{- end }}
ports:
  - {name: sweetspot-http, containerPort: {{ .Values.ports.proxy }}, protocol: TCP}
  {{- if .Values.adminExposed }}
  - {name: sweetspot-admin, containerPort: {{ .Values.ports.admin }}, protocol: TCP}
  {{- end }}
{{- /* None of the three asks for the backend; and overload is the sidecar's daily work, no illness. */}}
startupProbe:
  {{- include "sweetspot.question" (list . "/healthz" (list "status")) | nindent 2 }}
  periodSeconds: 1
  timeoutSeconds: 5
  failureThreshold: 60
readinessProbe:
  {{- include "sweetspot.question" (list . "/readyz" (list "health")) | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
livenessProbe:
  {{- include "sweetspot.question" (list . "/healthz" (list "status")) | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 10
  failureThreshold: 6
lifecycle:
  preStop:
    exec:
      command: {{ concat (include "sweetspot.ctl" . | fromYamlArray) (list "drain" "--wait") | toJson }}
resources: {{- toYaml .Values.resources | nindent 2 }}
securityContext: {{- include "sweetspot.securityContext" . | nindent 2 }}
{{- with include "sweetspot.mounts" . | fromYamlArray }}
volumeMounts: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "sweetspot.mounts" -}}
{{- if not .Values.inline }}
- {name: sweetspot-config, mountPath: /etc/sweetspot, readOnly: true}
{{- end }}
{{- if .Values.state.enabled }}
- {name: sweetspot-state, mountPath: /var/lib/sweetspot}
{{- end }}
{{- if .Values.fleet.enabled }}
- {name: sweetspot-token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- end }}
{{- range include "sweetspot.secrets" . | fromYaml }}
- {name: {{ .volume }}, mountPath: {{ .mountPath }}, readOnly: true}
{{- end }}
{{- range $i, $mount := .Values.secretMounts }}
- {name: sweetspot-secret-{{ $i }}, mountPath: {{ $mount.mountPath | quote }}, readOnly: true}
{{- end }}
{{- end -}}

{{- define "sweetspot.volumes" -}}
{{- if not .Values.inline }}
- name: sweetspot-config
  configMap:
    name: {{ include "sweetspot.fullname" . }}
{{- end }}
{{- /* A token for the sidecar alone, as a pod's own would be, and where it looks for it. */}}
{{- if .Values.fleet.enabled }}
- name: sweetspot-token
  projected:
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3607}
      - configMap:
          name: kube-root-ca.crt
          items: [{key: ca.crt, path: ca.crt}]
      - downwardAPI:
          items:
            - path: namespace
              fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}
{{- end }}
{{- if .Values.state.enabled }}
- name: sweetspot-state
  emptyDir:
    sizeLimit: {{ .Values.state.sizeLimit }}
{{- end }}
{{- range include "sweetspot.secrets" . | fromYaml }}
- name: {{ .volume }}
  secret:
    secretName: {{ .secret }}
{{- end }}
{{- range $i, $mount := .Values.secretMounts }}
- name: sweetspot-secret-{{ $i }}
  secret:
    secretName: {{ $mount.name }}
{{- end }}
{{- end -}}

{{- /* The hooks of a pod's containers run at once, so the backend's own waits until the sidecar's is done. */ -}}
{{- define "sweetspot.backendPreStop" -}}
{{- if eq .Values.backend.preStop "httpGet" -}}
httpGet:
  path: /drained
  port: {{ .Values.ports.admin }}
{{- else -}}
sleep:
  seconds: {{ include "sweetspot.drainSeconds" . }}
{{- end -}}
{{- end -}}
