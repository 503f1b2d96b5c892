{{/* The operator's rights in a namespace it watches. */}}
{{- define "multigrid-operator.rules" -}}
- apiGroups: [training.multigrid.dev]
  resources: [multigridtrainingjobs]
  verbs: [get, list, watch]
# The operator's part of the status.
- apiGroups: [training.multigrid.dev]
  resources: [multigridtrainingjobs/status]
  verbs: [patch]
# Asked for by the API server of whoever sets an owner that blocks deletion.
- apiGroups: [training.multigrid.dev]
  resources: [multigridtrainingjobs/finalizers]
  verbs: [update]
# The workers.
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: ['']
  resources: [pods]
  verbs: [get, list, watch, delete]
# What a job's workers find each other by, act as, and are fenced in by.
- apiGroups: ['']
  resources: [services, serviceaccounts]
  verbs: [get, create, patch]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [get, create, patch]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, create, patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
