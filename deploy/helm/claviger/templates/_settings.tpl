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
