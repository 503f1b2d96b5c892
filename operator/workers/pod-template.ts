/**
 * The pod of one worker: the trainer's image under the rules of restricted Pod Security, with what the manifest's
 * `workers.template` lays over it. In comes a job and the operator's settings, out comes a pod template for job.ts.
 */
import { LIFE, TRAINER } from '../../multigrid/contract/timings.ts';
import type { TrainingJob } from '../platform/platform.ts';
import { serviceAccountName } from './access.ts';
import { childLabels } from './child.ts';
import {
  HEALTH_PATH,
  METRICS_PORT,
  PROBE_TRIES,
  TRAINER_CONTAINER,
  TRAINER_ID,
} from '../../multigrid/contract/trainer-pod.ts';
import { environmentOf } from './environment.ts';
import { volumesOf } from './volumes.ts';

/** What the operator brings to every pod. */
export interface WorkerSettings {
  /** Image of the trainer where the manifest names none. */
  readonly trainerImage: string;
}

export interface PodTemplate {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

type Template = NonNullable<TrainingJob['spec']['workers']['template']>;

const NO_TEMPLATE: Template = {};

export function podTemplateOf(job: TrainingJob, settings: WorkerSettings): PodTemplate {
  const { template = NO_TEMPLATE } = job.spec.workers;
  const { volumes } = volumesOf(job);
  return {
    metadata: {
      // Ours last: services, policies and the operator's own watches select by them.
      labels: { ...template.labels, ...childLabels(job.metadata.name) },
      annotations: { ...SCRAPED, ...template.annotations },
    },
    spec: {
      restartPolicy: 'Never',
      subdomain: job.metadata.name,
      serviceAccountName: serviceAccountName(job),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: TRAINER.stopGraceMs / 1000,
      securityContext: { ...RESTRICTED_POD, ...template.securityContext },
      ...placementOf(template),
      containers: [trainer(job, settings)],
      volumes,
    },
  };
}

/** For a Prometheus that finds pods by annotations; the manifest may say otherwise. */
const SCRAPED = {
  'prometheus.io/scrape': 'true',
  'prometheus.io/port': String(METRICS_PORT),
  'prometheus.io/path': '/metrics',
};

const RESTRICTED_POD = {
  runAsNonRoot: true,
  runAsUser: TRAINER_ID,
  runAsGroup: TRAINER_ID,
  fsGroup: TRAINER_ID,
  // Changing the owner of every file of a large volume at every start would take longer than the start.
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
};

const RESTRICTED_CONTAINER = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/**
 * Tells the operator of a trainer that hangs, for nothing while all is well. It asks for readiness and not for life: a trainer
 * that does not answer may still save a checkpoint, and is not the kubelet's to end.
 */
const PROBE = {
  httpGet: { path: HEALTH_PATH, port: 'metrics' },
  // Node has come up by then, as a rule: each probe before that would be a warning in the events of the pod.
  initialDelaySeconds: 10,
  periodSeconds: LIFE.probeMs / 1000,
  timeoutSeconds: LIFE.probeMs / 1000,
  failureThreshold: PROBE_TRIES,
};

/** Fields of a template that are fields of a pod by the same name. */
const PLACEMENT = [
  'nodeSelector',
  'tolerations',
  'affinity',
  'topologySpreadConstraints',
  'priorityClassName',
  'runtimeClassName',
  'schedulerName',
  'imagePullSecrets',
] as const satisfies readonly (keyof Template)[];

function placementOf(template: Template): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    PLACEMENT.filter((field) => template[field] !== undefined).map((field) => [field, template[field]]),
  );
}

function trainer(job: TrainingJob, settings: WorkerSettings): object {
  const { image, resources, template } = job.spec.workers;
  const { volumeMounts } = volumesOf(job);
  return {
    name: TRAINER_CONTAINER,
    image: image ?? settings.trainerImage,
    ...(template?.imagePullPolicy === undefined ? {} : { imagePullPolicy: template.imagePullPolicy }),
    env: environmentOf(job),
    ports: [{ name: 'metrics', containerPort: METRICS_PORT, protocol: 'TCP' }],
    readinessProbe: PROBE,
    ...(resources === undefined ? {} : { resources }),
    securityContext: RESTRICTED_CONTAINER,
    // The last lines of a trainer that crashed get into the pod's status, where the operator may read them.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts,
  };
}
