{{/* Each fails with a sentence where values contradict each other. `settings` below is claviger.settings as a map. */}}

{{- define "claviger.checks" -}}
{{- $settings := include "claviger.settings" . | fromJson -}}
{{- $context := dict "root" . "settings" $settings -}}
{{- if not (include "claviger.setting" (dict "settings" $settings "key" "proxy") | fromJson) }}
  {{- fail "settings have no section proxy, and this chart runs a gate: name proxy.listen and proxy.upstream" }}
{{- end }}
{{- include "claviger.checkPorts" . -}}
{{- include "claviger.checkListener" (merge (dict "key" "proxy.listen" "port" "gate" "clients" "the Service") $context) -}}
{{- include "claviger.checkListener" (merge (dict "key" "admin.listen" "port" "admin" "clients" "the probes and Prometheus") $context) -}}
{{- include "claviger.checkShutdown" $context -}}
{{- include "claviger.checkFiles" $context -}}
{{- include "claviger.checkWritable" $context -}}
{{- include "claviger.checkVolumes" . -}}
{{- include "claviger.checkDatabase" $context -}}
{{- include "claviger.checkReplicas" . -}}
{{- include "claviger.checkObjects" $context -}}
{{- end }}

{{/* Two listeners cannot have one port. */}}
{{- define "claviger.checkPorts" -}}
{{- $seen := dict -}}
{{- range $name, $port := .Values.ports }}
  {{- $port = $port | int | toString }}
  {{- with get $seen $port }}{{ fail (printf "ports.%s and ports.%s are both %s: give each listener its own port" . $name $port) }}{{ end }}
  {{- $_ := set $seen $port $name }}
{{- end }}
{{- end }}

{{/* Of a listener: `key` of the settings, its name in `ports`, and the clients that reach it from outside the pod. */}}
{{- define "claviger.checkListener" -}}
{{- $port := get .root.Values.ports .port | int | toString -}}
{{- $setting := include "claviger.setting" . | fromJson -}}
{{- if not $setting }}
  {{- fail (printf "settings: %s is not set, so it is a loopback address, which %s cannot reach: write %s: 0.0.0.0:%s" .key .clients .key $port) }}
{{- end }}
{{- $addresses := kindIs "slice" $setting.value | ternary $setting.value (list $setting.value) -}}
{{- if not (kindIs "map" $setting.value) }}
  {{- $onPort := list }}{{ $reachable := list }}
  {{- range $addresses }}
    {{- if hasSuffix (printf ":%s" $port) (toString .) }}
      {{- $onPort = append $onPort . }}
      {{- if not (regexMatch "^(127[.]|localhost:|\\[::1\\]|\\[::ffff:127[.])" (toString .)) }}{{ $reachable = append $reachable . }}{{ end }}
    {{- end }}
  {{- end }}
  {{- if not $onPort }}
    {{- fail (printf "settings: %s is %s, and ports.%s is %s: %s would reach no listener" .key (join ", " $addresses) .port $port .clients) }}
  {{- end }}
  {{- if not $reachable }}
    {{- fail (printf "settings: %s is %s, a loopback address, which %s cannot reach: write %s: 0.0.0.0:%s" .key (join ", " $onPort) .clients .key $port) }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Kubernetes kills the pod after terminationGracePeriodSeconds. */}}
{{- define "claviger.checkShutdown" -}}
{{- $total := .root.Values.preStopSeconds | int -}}
{{- $defaults := dict "lame_duck" "1s" "shutdown" "30s" -}}
{{- range $name, $default := $defaults }}
  {{- $setting := include "claviger.setting" (dict "settings" $.settings "key" (printf "proxy.timeouts.%s" $name)) | fromJson }}
  {{- $text := get $setting "value" | default $default | toString }}
  {{- $total = include "claviger.seconds" (dict "text" $text) | int | add $total }}
{{- end }}
{{- $grace := .root.Values.terminationGracePeriodSeconds | int }}
{{- if le $grace ($total | int) }}
  {{- fail (printf "terminationGracePeriodSeconds is %d, and stopping takes up to %d s (preStopSeconds, proxy.timeouts.lame_duck and proxy.timeouts.shutdown): the pod would be killed with requests in flight" $grace $total) }}
{{- end }}
{{- end }}

{{/* Relative paths are in /etc/claviger, whose content is claviger.yaml, `files` and `secrets`. */}}
{{- define "claviger.checkFiles" -}}
{{- $values := .root.Values -}}
{{- if hasKey $values.files "claviger.yaml" }}{{ fail "files has claviger.yaml, whose content is settings: remove it from files" }}{{ end }}
{{- if not (or $values.secrets $values.extraVolumeMounts) }}
  {{- range list "credentials.file" "credentials.database_file" "proxy.tls.certificate" "proxy.tls.key" "proxy.tls.client_ca" "admin.tls.certificate" "admin.tls.key" "console.tls.certificate" "console.tls.key" }}
    {{- $setting := include "claviger.setting" (dict "settings" $.settings "key" .) | fromJson }}
    {{- $path := get $setting "value" }}
    {{- if and $path (kindIs "string" $path) (not (hasKey $values.files (trimPrefix "/etc/claviger/" $path))) }}
      {{- fail (printf "settings: %s names %s, which the pod does not have: add it to files, or name a Secret that has it in secrets" . $path) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{/* "true" where the pod may write to `path`. */}}
{{- define "claviger.isWritable" -}}
{{- $mounts := list -}}
{{- if .root.Values.data.enabled }}{{ $mounts = append $mounts .root.Values.data.mountPath }}{{ end }}
{{- range .root.Values.extraVolumeMounts }}
  {{- if not .readOnly }}{{ $mounts = append $mounts .mountPath }}{{ end }}
{{- end }}
{{- $path := .path -}}
{{- range $mounts }}
  {{- if hasPrefix (printf "%s/" (trimSuffix "/" .)) $path }}true{{ end }}
{{- end }}
{{- end }}

{{/* The root file system and /etc/claviger are read-only. */}}
{{- define "claviger.checkWritable" -}}
{{- range list "database.snapshot" "handover.socket" "log.file" "credentials.database" }}
  {{- $path := include "claviger.setting" (dict "settings" $.settings "key" .) | fromJson | dig "value" "" }}
  {{- $isFile := and (kindIs "string" $path) (or (ne . "credentials.database") (hasPrefix "sqlite:" $path)) }}
  {{- if and $path $isFile (not (hasPrefix "/dev/" $path)) }}
    {{- $file := trimPrefix "sqlite:" $path | trimPrefix "//" }}
    {{- if not (include "claviger.isWritable" (dict "root" $.root "path" $file)) }}
      {{- fail (printf "settings: %s is %s, where the pod cannot write: set data.enabled, and name a file in %s" . $path $.root.Values.data.mountPath) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "claviger.checkVolumes" -}}
{{- range .Values.extraVolumes }}
  {{- if has .name (list "settings" "data") }}{{ fail (printf "extraVolumes: the chart has a volume named %s already" .name) }}{{ end }}
{{- end }}
{{- $data := .Values.data.enabled | ternary (trimSuffix "/" .Values.data.mountPath) "" -}}
{{- $names := list "settings" "data" -}}
{{- range .Values.extraVolumes }}{{ $names = append $names .name }}{{ end }}
{{- range .Values.extraVolumeMounts }}
  {{- $path := trimSuffix "/" .mountPath }}
  {{- if or (hasPrefix "/etc/claviger/" (printf "%s/" $path)) (eq $data $path) }}
    {{- fail (printf "extraVolumeMounts: %s is in a volume of the chart: choose another folder" .mountPath) }}
  {{- end }}
  {{- if not (has .name $names) }}{{ fail (printf "extraVolumeMounts names %s, which is not in extraVolumes" .name) }}{{ end }}
{{- end }}
{{- end }}

{{- define "claviger.checkDatabase" -}}
{{- $values := .root.Values -}}
{{- $address := include "claviger.setting" (dict "settings" .settings "key" "credentials.database") | fromJson -}}
{{- $file := include "claviger.setting" (dict "settings" .settings "key" "credentials.database_file") | fromJson -}}
{{- $isSqlite := get $address "value" | toString | hasPrefix "sqlite:" -}}
{{- $most := include "claviger.mostReplicas" .root | int -}}
{{- if and $isSqlite (gt $most 1) }}
  {{- fail (printf "settings: credentials.database is SQLite, which one pod can use, and up to %d pods would: set replicas: 1 without autoscaling, or use PostgreSQL" $most) }}
{{- end }}
{{- if $values.migration.enabled }}
  {{- if $isSqlite }}{{ fail "migration.enabled is for PostgreSQL: the gate migrates an SQLite database itself when it starts" }}{{ end }}
  {{- if not (or $address $file $values.envFrom) }}
    {{- fail "migration.enabled needs a database: set credentials.database_file or credentials.database in settings" }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "claviger.checkReplicas" -}}
{{- $least := include "claviger.leastReplicas" . | int -}}
{{- $most := include "claviger.mostReplicas" . | int -}}
{{- if gt $least $most }}{{ fail (printf "autoscaling.minReplicas is %d, more than autoscaling.maxReplicas, %d" $least $most) }}{{ end }}
{{- if and .Values.data.enabled (eq "persistentVolumeClaim" .Values.data.type) (gt $most 1) }}
  {{- fail (printf "data.type is persistentVolumeClaim, a volume of one pod, and up to %d pods would use it: set replicas: 1 without autoscaling, or data.type: emptyDir" $most) }}
{{- end }}
{{- $scaling := .Values.autoscaling -}}
{{- if $scaling.enabled }}
  {{- if not (or $scaling.targetCPUUtilizationPercentage $scaling.metrics) }}
    {{- fail "autoscaling.enabled needs a metric: set autoscaling.targetCPUUtilizationPercentage or autoscaling.metrics" }}
  {{- end }}
  {{- if and $scaling.targetCPUUtilizationPercentage (not (.Values.resources.requests | default dict).cpu) }}
    {{- fail "autoscaling.targetCPUUtilizationPercentage is a share of resources.requests.cpu, which is not set" }}
  {{- end }}
{{- end }}
{{- $budget := .Values.podDisruptionBudget -}}
{{- if $budget.enabled }}
  {{- $available := $budget.minAvailable }}
  {{- if not (or (kindIs "invalid" $available) (kindIs "invalid" $budget.maxUnavailable)) }}
    {{- fail "podDisruptionBudget has minAvailable and maxUnavailable, and takes one of them: set the other to null" }}
  {{- end }}
  {{- if and (kindIs "invalid" $available) (kindIs "invalid" $budget.maxUnavailable) }}
    {{- fail "podDisruptionBudget.enabled needs maxUnavailable or minAvailable" }}
  {{- end }}
  {{- $blocks := eq "100%" (toString $available) | or (has (toString $budget.maxUnavailable) (list "0" "0%")) }}
  {{- if regexMatch "^[0-9]+$" (toString $available) }}{{ $blocks = and (gt $least 0) (ge ($available | int) $least) }}{{ end }}
  {{- if $blocks }}
    {{- fail (printf "podDisruptionBudget lets no pod of %d be evicted, so that no node can be drained: lower minAvailable or raise maxUnavailable" $least) }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "claviger.checkObjects" -}}
{{- $values := .root.Values -}}
{{- range keys (include "claviger.selector" .root | fromYaml) | sortAlpha }}
  {{- if hasKey $values.podLabels . }}{{ fail (printf "podLabels: %s selects the pods of the gate, and cannot be changed there" .) }}{{ end }}
{{- end }}
{{- $upstream := include "claviger.setting" (dict "settings" .settings "key" "proxy.upstream") | fromJson | dig "value" "" -}}
{{- $egress := $values.networkPolicy.egress -}}
{{- if and $values.networkPolicy.enabled $egress.enabled (not $egress.rules) (not (hasPrefix "unix:" (toString $upstream))) }}
  {{- fail (printf "networkPolicy.egress.enabled without networkPolicy.egress.rules keeps the gate from its API, %v: add a rule that allows it" $upstream) }}
{{- end }}
{{- end }}
