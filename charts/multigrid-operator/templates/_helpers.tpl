{{/* Names, labels and references that several templates share. */}}

{{- define "multigrid-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* The release's name, with the chart's unless it is already in it. */}}
{{- define "multigrid-operator.fullname" -}}
{{- $name := include "multigrid-operator.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* What tells this release's operator from another one. Never changes: a Deployment's selector is immutable. */}}
{{- define "multigrid-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "multigrid-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "multigrid-operator.labels" -}}
{{ include "multigrid-operator.selectorLabels" . }}
app.kubernetes.io/part-of: multigrid
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "multigrid-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "multigrid-operator.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name must name the service account to use when serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* In: {image, version}. Out: a reference, by digest where there is one. */}}
{{- define "multigrid-operator.image" -}}
{{- if .image.digest }}
{{- printf "%s@%s" .image.repository .image.digest }}
{{- else }}
{{- printf "%s:%s" .image.repository (default .version .image.tag) }}
{{- end }}
{{- end }}
