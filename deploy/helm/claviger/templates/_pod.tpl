{{/* What the pods of the gate and of the migration have in common. */}}
{{- define "claviger.podSpec" -}}
serviceAccountName: {{ .account }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "claviger.container" -}}
image: {{ include "claviger.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.env }}
env: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.envFrom }}
envFrom: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* `name` is that of the ConfigMap and of the Secret. */}}
{{- define "claviger.settingsVolume" -}}
name: settings
projected:
  defaultMode: 0440
  sources:
    - configMap: {name: {{ .name }}}
    {{- if .root.Values.files }}
    - secret: {name: {{ .name }}}
    {{- end }}
    {{- range .root.Values.secrets }}
    - secret: {name: {{ . }}}
    {{- end }}
    {{- with .root.Values.console.tlsSecret }}
    - secret:
        name: {{ . }}
        items: [{key: tls.crt, path: console/tls.crt}, {key: tls.key, path: console/tls.key}]
    {{- end }}
{{- end }}

{{- define "claviger.dataVolume" -}}
name: data
{{- if eq "persistentVolumeClaim" .Values.data.type }}
persistentVolumeClaim: {claimName: {{ .Values.data.existingClaim | default (include "claviger.name" .) }}}
{{- else }}
emptyDir: {sizeLimit: {{ .Values.data.size }}}
{{- end }}
{{- end }}

{{/* A probe of the admin listener: `path`, and `numbers` of the values. */}}
{{- define "claviger.probe" -}}
{{- $get := dict "port" "admin" "path" .path -}}
{{- if eq "https" (include "claviger.scheme" (dict "root" .root "part" "admin")) }}{{ $_ := set $get "scheme" "HTTPS" }}{{ end -}}
{{- toYaml (merge (dict "httpGet" $get) .numbers) -}}
{{- end }}

{{/* Spread constraints. One without a selector selects the pods of the gate, and those of each version of the pod
separately. */}}
{{- define "claviger.spread" -}}
{{- $selector := dict "matchLabels" (include "claviger.selector" . | fromYaml) -}}
{{- range .Values.topologySpreadConstraints }}
{{- $constraint := deepCopy . }}
{{- if not (hasKey . "labelSelector") }}{{ $_ := set $constraint "labelSelector" $selector }}{{ end }}
{{- if not (or (hasKey . "labelSelector") (hasKey . "matchLabelKeys")) }}{{ $_ := set $constraint "matchLabelKeys" (list "pod-template-hash") }}{{ end }}
{{- list $constraint | toYaml }}
{{ end -}}
{{- end }}

{{/* What a pod may connect to. Takes networkPolicy.egress. */}}
{{- define "claviger.egress" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
  {{- with .dns }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- with .rules }}
{{ toYaml . }}
{{- end }}
{{- end }}
