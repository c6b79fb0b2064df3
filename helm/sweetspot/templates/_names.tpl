{{- define "sweetspot.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains "sweetspot" .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-sweetspot" .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sweetspot.labels" -}}
app.kubernetes.io/name: sweetspot
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* Every pod with the sidecar has it, whosever Deployment the pod is of. */ -}}
{{- define "sweetspot.podLabel" -}}
sweetspot-sidecar: {{ include "sweetspot.fullname" . }}
{{- end -}}

{{- define "sweetspot.exampleSelector" -}}
app.kubernetes.io/name: {{ include "sweetspot.fullname" . }}-example
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sweetspot.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* What a container may do under the restricted Pod Security Standard: next to nothing. */ -}}
{{- define "sweetspot.securityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
privileged: false
readOnlyRootFilesystem: true
runAsGroup: {{ .Values.runAsUser }}
runAsNonRoot: true
runAsUser: {{ .Values.runAsUser }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}
