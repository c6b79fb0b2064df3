{{- /* Each Secret of .Values.secrets that is set, by its name there, and where it is mounted. */ -}}
{{- define "sweetspot.secrets" -}}
{{- range $name, $folder := dict "operatorToken" "operator" "controlTls" "control-tls" "controlTokens" "control-tokens" "controlClient" "control-client" -}}
{{- with index $.Values.secrets $name }}
{{ $name }}: {secret: {{ . | quote }}, volume: sweetspot-{{ $folder }}, mountPath: /etc/sweetspot-secrets/{{ $folder }}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* What the configuration says of them; a key of .Values.config wins. */ -}}
{{- define "sweetspot.secretConfig" -}}
{{- $mounted := include "sweetspot.secrets" . | fromYaml -}}
{{- $access := dict -}}
{{- with $mounted.controlTls -}}
{{- $_ := set $access "certificate" (printf "%s/tls.crt" .mountPath) -}}
{{- $_ := set $access "key" (printf "%s/tls.key" .mountPath) -}}
{{- end -}}
{{- with $mounted.controlTokens -}}
{{- $_ := set $access "tokens" (printf "%s/tokens" .mountPath) -}}
{{- end -}}
{{- $config := dict -}}
{{- if $access -}}{{- $_ := set $config "access" $access -}}{{- end -}}
{{- with $mounted.operatorToken -}}
{{- $_ := set $config "operator" (dict "token_file" (printf "%s/token" .mountPath)) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- /* How sweetspotctl in the container, be it a hook, a probe or a person, shows who it is. */ -}}
{{- define "sweetspot.ctlEnvironment" -}}
{{- $mounted := include "sweetspot.secrets" . | fromYaml -}}
{{- with $mounted.controlTls }}
- {name: SWEETSPOT_CA, value: {{ .mountPath }}/ca.crt}
- {name: SWEETSPOT_SERVER_NAME, value: {{ $.Values.secrets.controlServerName | quote }}}
{{- end }}
{{- with $mounted.controlTokens }}
- {name: SWEETSPOT_TOKEN_FILE, value: {{ .mountPath }}/hook}
{{- end }}
{{- with $mounted.controlClient }}
- {name: SWEETSPOT_CERTIFICATE, value: {{ .mountPath }}/tls.crt}
- {name: SWEETSPOT_KEY, value: {{ .mountPath }}/tls.key}
{{- end }}
{{- end -}}

{{- /* A hook that cannot show who it is would not drain: refused here, not found out at the end of a pod. */ -}}
{{- define "sweetspot.checkSecrets" -}}
{{- $access := (include "sweetspot.config" . | fromYaml).access | default dict -}}
{{- $secrets := .Values.secrets -}}
{{- if and $access.certificate (not $secrets.controlTls) -}}
{{- fail "config.access.certificate: the hooks must trust it: name its Secret in secrets.controlTls" -}}
{{- end -}}
{{- if and $access.tokens (not $secrets.controlTokens) -}}
{{- fail "config.access.tokens: the hooks need one: name a Secret with `tokens` and `hook` in secrets.controlTokens" -}}
{{- end -}}
{{- if and $access.client_ca (not $secrets.controlClient) -}}
{{- fail "config.access.client_ca: the hooks need a certificate: name its Secret in secrets.controlClient" -}}
{{- end -}}
{{- end -}}
