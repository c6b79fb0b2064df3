{{- define "sweetspot.injectorName" -}}
{{- include "sweetspot.fullname" . }}-injector
{{- end -}}

{{- define "sweetspot.injectorSelector" -}}
app.kubernetes.io/name: {{ include "sweetspot.injectorName" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* The names by which the API server asks. */ -}}
{{- define "sweetspot.injectorHosts" -}}
{{- $name := include "sweetspot.injectorName" . -}}
{{- list (printf "%s.%s.svc" $name .Release.Namespace) (printf "%s.%s.svc.cluster.local" $name .Release.Namespace) | toJson -}}
{{- end -}}

{{- /* The certificate that the chart makes itself, once: {"ca.crt", "tls.crt", "tls.key"}, in base64. */ -}}
{{- define "sweetspot.injectorCertificate" -}}
{{- $name := include "sweetspot.injectorName" . -}}
{{- $made := lookup "v1" "Secret" .Release.Namespace $name -}}
{{- if and $made (hasKey ($made.data | default dict) "ca.crt") -}}
{{- $made.data | toJson -}}
{{- else -}}
{{- $days := .Values.injector.certificateDays | int -}}
{{- $ca := genCA (printf "%s-ca" $name) $days -}}
{{- $hosts := include "sweetspot.injectorHosts" . | fromJsonArray -}}
{{- $pair := genSignedCert (first $hosts) nil $hosts $days $ca -}}
{{- dict "ca.crt" (b64enc $ca.Cert) "tls.crt" (b64enc $pair.Cert) "tls.key" (b64enc $pair.Key) | toJson -}}
{{- end -}}
{{- end -}}
