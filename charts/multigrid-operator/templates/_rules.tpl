{{/* The operator's rights in a namespace it watches. A test compares them with what the API server saw it ask for. */}}
{{- define "multigrid-operator.rules" -}}
# Jobs: read, and deleted when their time to live is over.
- apiGroups: [training.multigrid.dev]
  resources: [multigridtrainingjobs]
  verbs: [get, list, watch, delete]
# The operator's part of the status.
- apiGroups: [training.multigrid.dev]
  resources: [multigridtrainingjobs/status]
  verbs: [patch]
# Asked for, by some clusters, of whoever names an owner that blocks deletion.
- apiGroups: [training.multigrid.dev]
  resources: [multigridtrainingjobs/finalizers]
  verbs: [update]
# The workers.
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: ['']
  resources: [pods]
  verbs: [list, watch, delete]
# Why workers do not come up.
- apiGroups: ['']
  resources: [events]
  verbs: [list, watch]
# What several workers of a job know each other by. The operator cannot read any.
- apiGroups: ['']
  resources: [secrets]
  verbs: [create]
# What a job's workers find each other by, act as, and are fenced in by.
- apiGroups: ['']
  resources: [services, serviceaccounts]
  verbs: [get, list, watch, create, patch]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [get, list, watch, create, patch]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch]
# Plans. Not as ConfigMaps: who may watch some of those may read everybody's.
- apiGroups: [apps]
  resources: [controllerrevisions]
  verbs: [get, list, watch, create, patch]
# What trainers show that they live by; each may renew its own, which only who may do so can allow.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, list, watch, create, patch]
# What people are told.
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [get, create, patch]
{{- end }}
