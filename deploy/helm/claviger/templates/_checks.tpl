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
{{- include "claviger.checkConsole" $context -}}
{{- include "claviger.checkIngress" $context -}}
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
      {{- if not (include "claviger.isLoopback" .) }}{{ $reachable = append $reachable . }}{{ end }}
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

{{/* The Service of the console has a listener, and secrets do not cross the network as plain text. */}}
{{- define "claviger.checkConsole" -}}
{{- $values := .root.Values.console -}}
{{- $console := include "claviger.console" .root | fromJson -}}
{{- if $values.service.enabled }}
  {{- if $console.isOff }}
    {{- fail "console.service.enabled is true, and settings have console.enabled: false: the Service of the console would reach no listener" }}
  {{- end }}
  {{- if not (or $console.hasDatabase .root.Values.envFrom) }}
    {{- fail "console.service.enabled needs a database, without which there is no console: set credentials.database_file or credentials.database in settings" }}
  {{- end }}
  {{- include "claviger.checkListener" (merge (dict "key" "console.listen" "port" "console" "clients" "the Service of the console") .) -}}
{{- end }}
{{- if and $console.isOpen (not $console.isProtected) (or $console.isServed $values.service.enabled) }}
  {{- fail (printf "settings: console.listen is %s, where passwords would cross the network as plain text: set console.tls, or console.behind_proxy: true where a proxy terminates TLS, such as console.ingress" $console.listen) }}
{{- end }}
{{- if and $console.isOpen $console.isServed (not $values.service.enabled) }}
  {{- fail (printf "settings: console.listen is %s, and the console has no Service: set console.service.enabled, or leave console.listen out" $console.listen) }}
{{- end }}
{{- if and $values.tlsSecret (not (include "claviger.setting" (dict "settings" .settings "key" "console.tls") | fromJson)) }}
  {{- fail "console.tlsSecret is set, and settings have no console.tls: write console.tls: {certificate: console/tls.crt, key: console/tls.key}" }}
{{- end }}
{{- end }}

{{/* The Ingress of the console has the address that is in links, and the process sees through it who the client is. */}}
{{- define "claviger.checkIngress" -}}
{{- $console := .root.Values.console -}}
{{- $ingress := $console.ingress -}}
{{- if $ingress.enabled }}
  {{- if not $console.service.enabled }}{{ fail "console.ingress.enabled needs console.service.enabled: the Ingress leads to that Service" }}{{ end }}
  {{- $setting := include "claviger.setting" (dict "settings" .settings "key" "console.public_url") | fromJson }}
  {{- if not $setting }}
    {{- fail "console.ingress.enabled needs console.public_url in settings: links begin with it, and forms are accepted from there only" }}
  {{- end }}
  {{- $url := $setting.value }}
  {{- if kindIs "string" $url }}
    {{- $parts := urlParse $url }}
    {{- if ne "https" (lower $parts.scheme) }}
      {{- fail (printf "settings: console.public_url is %s, and browsers keep a session over TLS only: write https://" $url) }}
    {{- end }}
    {{- if and $ingress.host (ne $ingress.host (lower $parts.hostname)) }}
      {{- fail (printf "console.ingress.host is %s, and settings have console.public_url: %s: name the same host" $ingress.host $url) }}
    {{- end }}
    {{- $path := trimSuffix "/" $ingress.path | printf "%s/" }}
    {{- if and $ingress.path (not (hasPrefix $path (trimSuffix "/" $parts.path | printf "%s/"))) }}
      {{- fail (printf "console.ingress.path is %s, and settings have console.public_url: %s: links would lead elsewhere" $ingress.path $url) }}
    {{- end }}
  {{- else if not $ingress.host }}
    {{- fail "console.ingress.host is empty, and the chart cannot read console.public_url: name the host" }}
  {{- end }}
  {{- range list "behind_proxy" "trusted_proxies" }}
    {{- if not (include "claviger.setting" (dict "settings" $.settings "key" (printf "console.%s" .)) | fromJson | dig "value" false) }}
      {{- fail (printf "console.ingress.enabled needs console.%s in settings: without it all clients have the address of the Ingress, and wrong passwords of one delay all of them: write behind_proxy: true, and in trusted_proxies the network of its pods" .) }}
    {{- end }}
  {{- end }}
  {{- $host := (include "claviger.consoleAddress" .root | fromJson).host }}
  {{- $wildcard := printf "*.%s" (splitList "." $host | rest | join ".") }}
  {{- $isCovered := empty $ingress.tls }}
  {{- range $ingress.tls }}
    {{- if or (not .hosts) (has $host .hosts) (has $wildcard .hosts) }}{{ $isCovered = true }}{{ end }}
  {{- end }}
  {{- if not $isCovered }}{{ fail (printf "console.ingress.tls has no entry for the host %s" $host) }}{{ end }}
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

{{/*
Relative paths are in /etc/claviger, whose content is claviger.yaml, `files`, `secrets` and console.tlsSecret. The keys of
a Secret have no slash.
*/}}
{{- define "claviger.checkFiles" -}}
{{- $values := .root.Values -}}
{{- if hasKey $values.files "claviger.yaml" }}{{ fail "files has claviger.yaml, whose content is settings: remove it from files" }}{{ end }}
{{- $known := keys $values.files -}}
{{- if $values.console.tlsSecret }}{{ $known = concat $known (list "console/tls.crt" "console/tls.key") }}{{ end }}
{{- if not $values.extraVolumeMounts }}
  {{- range list "credentials.file" "credentials.database_file" "proxy.tls.certificate" "proxy.tls.key" "proxy.tls.client_ca" "admin.tls.certificate" "admin.tls.key" "console.tls.certificate" "console.tls.key" "console.brand.logo" }}
    {{- $setting := include "claviger.setting" (dict "settings" $.settings "key" .) | fromJson }}
    {{- $path := get $setting "value" }}
    {{- if and $path (kindIs "string" $path) (not (include "claviger.isWritable" (dict "root" $.root "path" $path))) }}
      {{- $file := trimPrefix "/etc/claviger/" $path }}
      {{- if not (or (has $file $known) (and $values.secrets (not (contains "/" $file)))) }}
        {{- $advice := hasPrefix "console/" $file | ternary "set console.tlsSecret" "add it to files, or name a Secret that has it in secrets" }}
        {{- fail (printf "settings: %s names %s, which the pod does not have: %s" . $path $advice) }}
      {{- end }}
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
  {{- if has .name (list "settings" "data" "temporary") }}{{ fail (printf "extraVolumes: the chart has a volume named %s already" .name) }}{{ end }}
{{- end }}
{{- $data := .Values.data.enabled | ternary (trimSuffix "/" .Values.data.mountPath) "" -}}
{{- if or (eq $data "/tmp") (hasPrefix "/tmp/" $data) }}{{ fail "data.mountPath is in /tmp, whose files do not outlive the pod: choose another folder" }}{{ end }}
{{- $names := list "settings" "data" "temporary" -}}
{{- range .Values.extraVolumes }}{{ $names = append $names .name }}{{ end }}
{{- range .Values.extraVolumeMounts }}
  {{- $path := trimSuffix "/" .mountPath }}
  {{- if or (hasPrefix "/etc/claviger/" (printf "%s/" $path)) (has $path (list $data "/tmp")) }}
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
