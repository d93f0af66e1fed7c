{{/* What everything of this release is called. */}}
{{- define "claviger.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end -}}
{{- end }}

{{/* What its pods are found by. */}}
{{- define "claviger.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* "https" where the settings have a certificate for this part of them, "http" otherwise. */}}
{{- define "claviger.scheme" -}}
{{- $settings := tpl .root.Values.settings .root | fromYaml -}}
{{- if dig "tls" false (get $settings .part | default dict) }}https{{ else }}http{{ end -}}
{{- end }}

{{- define "claviger.labels" -}}
{{ include "claviger.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
