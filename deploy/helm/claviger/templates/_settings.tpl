{{/* claviger.yaml and the files beside it: `data` of a ConfigMap and `stringData` of a Secret. */}}
{{- define "claviger.configMapData" -}}
claviger.yaml: |
  {{- tpl .Values.settings . | nindent 2 }}
{{- end }}

{{/*
The settings that the process reads, as JSON: `settings` with the variables of `env` that override keys. A value that
comes from elsewhere (valueFrom) is the map {unknown: true}.
*/}}
{{- define "claviger.settings" -}}
{{- $settings := tpl .Values.settings . | fromYaml -}}
{{- with get $settings "Error" }}{{ fail (printf "settings are not valid YAML: %s" .) }}{{ end -}}
{{- range .Values.env }}
  {{- if hasPrefix "CLAVIGER__" .name }}
    {{- $path := trimPrefix "CLAVIGER__" .name | lower | splitList "__" }}
    {{- $map := $settings }}
    {{- range initial $path }}
      {{- if not (kindIs "map" (get $map .)) }}{{ $_ := set $map . dict }}{{ end }}
      {{- $map = get $map . }}
    {{- end }}
    {{- $value := dict "unknown" true }}
    {{- if hasKey . "value" }}{{ $value = get (printf "value: %s" .value | fromYaml) "value" }}{{ end }}
    {{- $_ := set $map (last $path) $value }}
  {{- end }}
{{- end }}
{{- toJson $settings -}}
{{- end }}

{{/* JSON {value: …} of one setting: a dictionary with `settings` and the dotted `key`. Absent and null are {}. */}}
{{- define "claviger.setting" -}}
{{- $value := .settings -}}
{{- range splitList "." .key }}
  {{- $value = kindIs "map" $value | ternary (get ($value | default dict) .) nil }}
{{- end }}
{{- if kindIs "invalid" $value }}{}{{ else if and (kindIs "string" $value) (eq "" $value) }}{}{{ else }}{{ toJson (dict "value" $value) }}{{ end -}}
{{- end }}

{{/* "https" if the settings of this section (`part`) have tls, "http" otherwise. */}}
{{- define "claviger.scheme" -}}
{{- $settings := include "claviger.settings" .root | fromJson -}}
{{- $tls := include "claviger.setting" (dict "settings" $settings "key" (printf "%s.tls" .part)) | fromJson -}}
{{- $tls | empty | ternary "http" "https" -}}
{{- end }}

{{/* "true" for an address of a listener that only its own machine reaches. */}}
{{- define "claviger.isLoopback" -}}
{{- if regexMatch "^(127[.]|localhost:|\\[::1\\]|\\[::ffff:127[.])" (toString .) }}true{{ end -}}
{{- end }}

{{/*
The console as the settings have it, as JSON. `isServed`: it has a database and is not off. `isOpen`: `listen` is known,
and is not a loopback address. `isProtected`: it has TLS or is behind a proxy.
*/}}
{{- define "claviger.console" -}}
{{- $settings := include "claviger.settings" . | fromJson -}}
{{- $credentials := $settings.credentials | default dict -}}
{{- $console := $settings.console | default dict -}}
{{- $hasDatabase := or $credentials.database $credentials.database_file | empty | not -}}
{{- $isOff := toString $console.enabled | eq "false" -}}
{{- $listen := $console.listen | default "" -}}
{{- $isOpen := and (kindIs "string" $listen) (ne "" (toString $listen)) (not (include "claviger.isLoopback" $listen)) -}}
{{- $isProtected := or $console.tls $console.behind_proxy | empty | not -}}
{{- dict "hasDatabase" $hasDatabase "isOff" $isOff "isServed" (and $hasDatabase (not $isOff)) "listen" $listen "isOpen" $isOpen "isProtected" $isProtected | toJson -}}
{{- end }}

{{/* Where the Ingress finds the console, as JSON {host, path}; empty texts where neither values nor settings say it. */}}
{{- define "claviger.consoleAddress" -}}
{{- $settings := include "claviger.settings" . | fromJson -}}
{{- $url := include "claviger.setting" (dict "settings" $settings "key" "console.public_url") | fromJson | dig "value" "" -}}
{{- $host := "" }}{{ $path := "" }}
{{- if kindIs "string" $url }}
  {{- $parts := urlParse $url }}
  {{- $host = lower $parts.hostname }}
  {{- $path = trimSuffix "/" $parts.path }}
{{- end }}
{{- $ingress := .Values.console.ingress }}
{{- dict "host" ($ingress.host | default $host) "path" ($ingress.path | default $path | default "/") | toJson -}}
{{- end }}

{{/* The duration `text` in whole seconds, rounded up; empty for a form that this chart does not read. */}}
{{- define "claviger.seconds" -}}
{{- if regexMatch "^([0-9]+ *(ms|s|m|h) *)+$" .text -}}
  {{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 -}}
  {{- $total := 0 -}}
  {{- range regexFindAll "[0-9]+ *(ms|s|m|h)" .text -1 -}}
    {{- $total = add $total (mul (regexFind "[0-9]+" . | int) (get $units (regexFind "[a-z]+" .))) -}}
  {{- end -}}
  {{- div (add $total 999) 1000 -}}
{{- end -}}
{{- end }}
