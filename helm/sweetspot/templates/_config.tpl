{{- /* A duration like 250ms, 5s, 2m or 1h, in milliseconds. */ -}}
{{- define "sweetspot.milliseconds" -}}
{{- $text := toString . -}}
{{- if hasSuffix "ms" $text -}}{{ trimSuffix "ms" $text | float64 | ceil }}
{{- else if hasSuffix "s" $text -}}{{ mulf (trimSuffix "s" $text | float64) 1000 | ceil }}
{{- else if hasSuffix "m" $text -}}{{ mulf (trimSuffix "m" $text | float64) 60000 | ceil }}
{{- else if hasSuffix "h" $text -}}{{ mulf (trimSuffix "h" $text | float64) 3600000 | ceil }}
{{- else if eq $text "0" -}}0
{{- else -}}{{ fail (printf "%q is not a duration: say 250ms, 5s, 2m or 1h" $text) }}
{{- end -}}
{{- end -}}

{{- /* The sidecar's whole configuration, as YAML. */ -}}
{{- define "sweetspot.config" -}}
{{- $config := merge (deepCopy .Values.config) (include "sweetspot.secretConfig" . | fromYaml) -}}
{{- $_ := set $config "listen" (printf "%s:%v" .Values.bindAddress .Values.ports.proxy) -}}
{{- $_ := set $config "upstream" (printf "127.0.0.1:%v" .Values.backend.port) -}}
{{- $_ := set $config "admin" (printf "%s:%v" (ternary .Values.bindAddress "127.0.0.1" .Values.adminExposed) .Values.ports.admin) -}}
{{- $_ := set $config "control" (printf "127.0.0.1:%v" .Values.ports.control) -}}
{{- if .Values.state.enabled -}}
{{- $_ := set $config "state" (merge (dict "file" "/var/lib/sweetspot/state") ($config.state | default dict)) -}}
{{- end -}}
{{- $_ := set $config "drain" (merge (dict "grace" (printf "%vms" (include "sweetspot.graceMilliseconds" .))) $config.drain) -}}
{{- if .Values.fleet.enabled -}}
{{- $fleet := dict "lease" (include "sweetspot.fullname" .) -}}
{{- with include "sweetspot.workload" . -}}
{{- $_ := set $fleet "workload" . -}}
{{- end -}}
{{- $_ := set $config "fleet" (merge $fleet ($config.fleet | default dict)) -}}
{{- end -}}
{{- if and .Values.example.enabled (not (dig "bypass" "paths" false $config)) -}}
{{- $_ := set $config "bypass" (dict "paths" (list "/stats")) -}}
{{- end -}}
{{- if and .Values.example.enabled .Values.shareProcessNamespace (not $config.backend) -}}
{{- $_ := set $config "backend" (dict "process" "sweetspot-load") -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- /* The workload whose replicas the fleet looks at, as kind/name; empty where nobody said. */ -}}
{{- define "sweetspot.workload" -}}
{{- if .Values.fleet.workload -}}
{{- .Values.fleet.workload -}}
{{- else if .Values.example.enabled -}}
deployment/{{ include "sweetspot.fullname" . }}-example
{{- end -}}
{{- end -}}

{{- /* How long a request that was accepted last may take: the wait for a permit and the work. */ -}}
{{- define "sweetspot.graceMilliseconds" -}}
{{- if .Values.config.drain.grace -}}
{{- include "sweetspot.milliseconds" .Values.config.drain.grace -}}
{{- else -}}
{{- add (include "sweetspot.milliseconds" .Values.config.queue.timeout) (include "sweetspot.milliseconds" .Values.config.request.timeout) -}}
{{- end -}}
{{- end -}}

{{- /* The longest drain in whole seconds. */ -}}
{{- define "sweetspot.drainSeconds" -}}
{{- $sum := add (include "sweetspot.milliseconds" .Values.config.drain.delay) (include "sweetspot.graceMilliseconds" .) -}}
{{- divf $sum 1000 | ceil -}}
{{- end -}}

{{- /* The longest end of a pod in whole seconds: the drain, then the backend's own shutdown. */ -}}
{{- define "sweetspot.endSeconds" -}}
{{- add (include "sweetspot.drainSeconds" .) (divf (include "sweetspot.milliseconds" .Values.backend.shutdown) 1000 | ceil) -}}
{{- end -}}

{{- /* Keys that a running sidecar takes over from a changed file; a change of any other restarts the pods. */ -}}
{{- define "sweetspot.reloadedKeys" -}}
{{- list "mode" "limit.initial" "limit.min" "limit.max" "limit.pin" "queue.size" "queue.timeout" "queue.bytes"
     "queue.discipline" "queue.codel_target" "queue.standing_after" "request.timeout"
     "response.first_byte_timeout" "response.idle_timeout" "connect.timeout" "pool.idle_timeout"
     "pool.lifetime" "downstream.header_timeout" "downstream.idle_timeout" "downstream.stall_timeout"
     "downstream.contended_stall_timeout" "downstream.least_rate" "downstream.max_connections" "head.max_size"
     "head.max_fields" "buffer.request" "buffer.response" "buffer.total" "forward.via" "forward.client"
     "forward.trusted" "bypass.paths" "rules" "reject.status" "reject.body" "request.deadline_headers"
     "on_client_abort" "tuner.objective" "tuner.p99_bound" "drain.delay" "drain.grace" "doctor.ask_upstream"
     "log.level" "access_log.sample" "access_log.slow" "response.server_timing" | toJson -}}
{{- end -}}

{{- define "sweetspot.restartChecksum" -}}
{{- $config := include "sweetspot.config" . | fromYaml -}}
{{- range include "sweetspot.reloadedKeys" . | fromJsonArray -}}
{{- $parts := splitList "." . -}}
{{- if eq (len $parts) 1 -}}
{{- $_ := unset $config . -}}
{{- else if hasKey $config (first $parts) -}}
{{- $_ := unset (index $config (first $parts)) (last $parts) -}}
{{- if not (index $config (first $parts)) -}}{{- $_ := unset $config (first $parts) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- $config | toJson | sha256sum -}}
{{- end -}}

{{- /* What no schema can say. Each fault is a sentence. */ -}}
{{- define "sweetspot.check" -}}
{{- if and (eq .Values.backend.preStop "httpGet") (not .Values.adminExposed) -}}
{{- fail "backend.preStop: httpGet asks the admin port, which is on loopback: set backend.preStop to sleep or none, or adminExposed to true" -}}
{{- end -}}
{{- if and (eq .Values.backend.preStop "sleep") (semverCompare "<1.30.0-0" .Capabilities.KubeVersion.Version) -}}
{{- fail (printf "backend.preStop: sleep needs Kubernetes 1.30, and this is %s: set it to httpGet or none" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- if and (or .Values.podMonitor.enabled .Values.serviceMonitor.enabled) (not .Values.adminExposed) -}}
{{- fail "podMonitor, serviceMonitor: nothing can scrape an admin port on loopback: set adminExposed to true" -}}
{{- end -}}
{{- if and .Values.injector.enabled .Values.injector.certManager.enabled (not .Values.injector.certManager.issuer) -}}
{{- fail "injector.certManager: name the issuer that shall sign: injector.certManager.issuer" -}}
{{- end -}}
{{- if and .Values.fleet.enabled (ne (dig "tuner" "algorithm" "sweetspot" .Values.config) "sweetspot") -}}
{{- fail "fleet.enabled: only config.tuner.algorithm sweetspot explores in turns" -}}
{{- end -}}
{{- $ports := list .Values.ports.proxy .Values.ports.admin .Values.ports.control .Values.backend.port -}}
{{- if ne (len ($ports | uniq)) 4 -}}
{{- fail "ports.proxy, ports.admin, ports.control and backend.port must differ" -}}
{{- end -}}
{{- include "sweetspot.checkSecrets" . -}}
{{- end -}}
