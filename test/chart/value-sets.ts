/** The sets of values that the chart is rendered with: as it comes, with everything switched on, and as small as it gets. */
export const VALUE_SETS: Readonly<Record<string, object>> = {
  defaults: {},
  everything: {
    image: { repository: 'registry.example/multigrid/operator', tag: '1.2.3' },
    trainer: {
      image: {
        repository: 'registry.example/multigrid/trainer',
        digest: `sha256:${'0123456789abcdef'.repeat(4)}`,
      },
    },
    imagePullSecrets: [{ name: 'pull' }],
    replicas: 3,
    watchNamespaces: ['video', 'research'],
    jobPolicy: { allowBeyondRestricted: true, allowServiceAccounts: true },
    concurrency: 8,
    logLevel: 'debug',
    serviceAccount: { name: 'trainer-keeper', annotations: { team: 'video' } },
    networkPolicy: {
      metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
      apiServerPorts: [8443],
    },
    metrics: {
      serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
      podMonitor: { enabled: true, labels: { release: 'prometheus' } },
      prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
      dashboard: { enabled: true },
    },
    podLabels: { team: 'video' },
    podAnnotations: { note: 'kept' },
    nodeSelector: { pool: 'system' },
    tolerations: [{ key: 'system', operator: 'Exists' }],
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
    priorityClassName: 'system-cluster-critical',
    extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/ca.pem' }],
  },
  smallest: {
    replicas: 1,
    crds: { install: false },
    rbac: { create: false, aggregateToUserRoles: false },
    serviceAccount: { create: false, name: 'mine' },
    admissionPolicy: { enabled: false },
    jobPolicy: { enabled: false },
    podDisruptionBudget: { enabled: false },
    networkPolicy: { enabled: false },
    metrics: { scrapeAnnotations: false, service: { enabled: false } },
    fullnameOverride: 'operator',
  },
};
