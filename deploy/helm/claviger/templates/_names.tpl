{{/* The name of the program, which every label of it has. */}}
{{- define "claviger.shortName" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* The name of every object of this release. 52 characters leave room for the suffixes of the console and of the
migration, and for the hash of its pods. */}}
{{- define "claviger.name" -}}
{{- $name := include "claviger.shortName" . -}}
{{- $default := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- .Values.fullnameOverride | default $default | trunc 52 | trimSuffix "-" -}}
{{- end }}

{{- define "claviger.migrationName" -}}
{{- include "claviger.name" . }}-migration
{{- end }}

{{- define "claviger.consoleName" -}}
{{- include "claviger.name" . }}-console
{{- end }}

{{/* The labels that select the pods of the gate. */}}
{{- define "claviger.selector" -}}
app.kubernetes.io/name: {{ include "claviger.shortName" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gate
{{- end }}

{{/* Those of the pod that migrates the database. */}}
{{- define "claviger.migrationSelector" -}}
app.kubernetes.io/name: {{ include "claviger.shortName" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: migration
{{- end }}

{{/* The labels that every object has. */}}
{{- define "claviger.labels" -}}
app.kubernetes.io/name: {{ include "claviger.shortName" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* A digest fixes the image; the tag then only informs. */}}
{{- define "claviger.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}{{ with $image.tag }}:{{ . }}{{ end }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "claviger.serviceAccount" -}}
{{- $account := .Values.serviceAccount -}}
{{- $account.name | default ($account.create | ternary (include "claviger.name" .) "default") -}}
{{- end }}

{{/* The least number of pods. */}}
{{- define "claviger.leastReplicas" -}}
{{- .Values.autoscaling.enabled | ternary .Values.autoscaling.minReplicas .Values.replicas | int -}}
{{- end }}

{{/* The largest number of pods. */}}
{{- define "claviger.mostReplicas" -}}
{{- .Values.autoscaling.enabled | ternary .Values.autoscaling.maxReplicas .Values.replicas | int -}}
{{- end }}
