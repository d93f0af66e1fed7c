{{/* Name of every object of this release. */}}
{{- define "claviger.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end -}}
{{- end }}

{{/* Labels that select the pods. */}}
{{- define "claviger.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* "https" where the settings of this part have tls, "http" otherwise. */}}
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
