/**
 * Training jobs for tests in a cluster, and what a test asks about them. In come changes to a small legal manifest, out
 * comes the object to create; then conditions, children and pods by the name of the job.
 */
import type { Progress } from '../../../multigrid/progress.ts';
import { listAt, objectAt, textAt, valueAt } from '../../../multigrid/json/fields.ts';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import { makeManifestSpec, makeProgress } from '../run/jobs.ts';
import { jobPath, jobsPath, type Admin } from './admin.ts';

/** These take a second or two; the machine may be busy. */
const PATIENCE_MS = 120_000;

/** A job with volumes and a known number of clips: nothing in the way of its workers. */
export function clusterJob(name: string, spec: object = {}): object {
  const volumes = { data: { emptyDir: {} }, output: { emptyDir: {} } };
  return {
    apiVersion: 'training.multigrid.dev/v1alpha1',
    kind: 'MultigridTrainingJob',
    metadata: { name },
    spec: makeManifestSpec({ volumes, ...withClips(spec) }),
  };
}

const DATA = { train: 'train.csv', val: 'val.csv', jitterScales: [66, 76], flip: false, clips: 1200 };

function withClips(spec: object): object {
  const asked = objectAt(spec, 'data') ?? {};
  return { ...spec, data: { ...DATA, ...asked } };
}

/** Whether the kubelet, or who speaks for it, says that the pod runs. */
export function isRunning(pod: unknown): boolean {
  return textAt(pod, 'status', 'phase') === 'Running';
}

/** One job of a namespace, seen through the API server. */
export class JobProbe {
  readonly #admin: Admin;
  readonly #namespace: string;
  readonly name: string;

  constructor(admin: Admin, namespace: string, name: string) {
    this.#admin = admin;
    this.#namespace = namespace;
    this.name = name;
  }

  static async create(admin: Admin, namespace: string, job: object): Promise<JobProbe> {
    const created = await admin.create(jobsPath(namespace), job);
    return new JobProbe(admin, namespace, textAt(created, 'metadata', 'name') ?? '');
  }

  get path(): string {
    return jobPath(this.#namespace, this.name);
  }

  get indexedJobPath(): string {
    return `/apis/batch/v1/namespaces/${this.#namespace}/jobs/${this.name}`;
  }

  read(): Promise<unknown> {
    return this.#admin.get(this.path);
  }

  change(spec: object): Promise<unknown> {
    return this.#admin.merge(this.path, { spec });
  }

  remove(): Promise<unknown> {
    return this.#admin.remove(this.path);
  }

  /** Reports as the trainer does: by server-side apply on the status, as its own field manager. */
  async report(progress: Partial<Progress>): Promise<void> {
    await this.#apply('mgt-progress', {
      progress: makeProgress({ heartbeat: new Date().toISOString(), ...progress }),
    });
  }

  async #apply(fieldManager: string, status: object): Promise<void> {
    await this.#admin.client.request({
      method: 'PATCH',
      path: `${this.path}/status`,
      query: { fieldManager, force: 'true' },
      contentType: 'application/apply-patch+yaml',
      body: {
        apiVersion: 'training.multigrid.dev/v1alpha1',
        kind: 'MultigridTrainingJob',
        metadata: { name: this.name, namespace: this.#namespace },
        status,
      },
    });
  }

  /** Puts the plan into the status, as operators did before it lay beside the job. */
  async storeAsBefore(plan: unknown): Promise<void> {
    const status = Object.entries(objectAt(await this.read(), 'status') ?? {});
    const kept = status.filter(([field]) => field !== 'progress' && field !== 'planSummary');
    await this.#apply('mgt-status', { ...Object.fromEntries(kept), plan });
  }

  /** Shows that the trainer lives, as the trainer does. */
  async renewLease(): Promise<void> {
    const renewTime = new Date().toISOString().replace('Z', '000Z');
    await this.#admin.merge(
      `/apis/coordination.k8s.io/v1/namespaces/${this.#namespace}/leases/${this.name}`,
      {
        spec: { holderIdentity: `${this.name}-0`, renewTime },
      },
    );
  }

  /** As in `PlanReady=True PlanComputed`; in the order in which they stand. */
  async conditions(): Promise<readonly string[]> {
    return listAt(await this.read(), 'status', 'conditions').map(
      (condition) =>
        `${textAt(condition, 'type')}=${textAt(condition, 'status')} ${textAt(condition, 'reason')}`,
    );
  }

  async messageOf(type: string): Promise<string> {
    const conditions = listAt(await this.read(), 'status', 'conditions');
    return (
      textAt(
        conditions.find((condition) => textAt(condition, 'type') === type),
        'message',
      ) ?? ''
    );
  }

  /** Waits until the job shows a condition. */
  async shows(condition: string, timeoutMs = PATIENCE_MS): Promise<void> {
    let last: readonly string[] = [];
    await waitUntil(
      async () => {
        last = await this.conditions();
        return last.includes(condition) ? true : null;
      },
      { what: `${this.name} to show ${condition}`, timeoutMs },
    ).catch((error: unknown) => this.#explain(error, last));
  }

  async #explain(error: unknown, conditions: readonly string[]): Promise<never> {
    const failure = JSON.stringify(await this.statusField('lastFailure'));
    const pods = (await this.pods()).map(podInWords).join(', ');
    throw new Error(
      `${String(error)}; it shows ${conditions.join(', ')}; its last failure is ${failure}, its pods are ${pods}`,
      { cause: error },
    );
  }

  async indexedJobIsComplete(): Promise<boolean> {
    const conditions = listAt(await this.#admin.get(this.indexedJobPath), 'status', 'conditions');
    return conditions.some(
      (condition) => textAt(condition, 'type') === 'Complete' && textAt(condition, 'status') === 'True',
    );
  }

  async statusField(...path: readonly string[]): Promise<unknown> {
    return valueAt(await this.read(), 'status', ...path);
  }

  /** Pods of the job, oldest first. */
  pods(): Promise<readonly unknown[]> {
    return this.#admin.podsOf(this.#namespace, this.name);
  }

  /** Waits for the oldest pod that passes. */
  async pod(isRight: (pod: unknown) => boolean = isRunning, timeoutMs = PATIENCE_MS): Promise<unknown> {
    return waitUntil(async () => (await this.pods()).find(isRight) ?? null, {
      what: `a pod of ${this.name}`,
      timeoutMs,
    }).catch(async (error: unknown) => this.#explain(error, await this.conditions()));
  }

  /** All that was made for the job, with versions: what may not move when nothing happens. */
  async children(): Promise<Readonly<Record<string, string>>> {
    const entries = await Promise.all(
      CHILD_KINDS.map(async (kind) => {
        const version = textAt(await this.child(kind), 'metadata', 'resourceVersion');
        return version === null ? [] : [[kind, version] as const];
      }),
    );
    return Object.fromEntries(entries.flat());
  }

  /** Null when there is none. */
  child(kind: ChildKind): Promise<unknown> {
    return this.#admin.get(this.#childPath(kind));
  }

  removeChild(kind: ChildKind): Promise<unknown> {
    return this.#admin.remove(this.#childPath(kind));
  }

  changeChild(kind: ChildKind, change: object): Promise<unknown> {
    return this.#admin.merge(this.#childPath(kind), change);
  }

  #childPath(kind: ChildKind): string {
    const [root, resource] = CHILD_PATHS[kind];
    return `${root}/namespaces/${this.#namespace}/${resource}/${this.name}`;
  }
}

type ChildKind = (typeof CHILD_KINDS)[number];

const CHILD_KINDS = [
  'ControllerRevision',
  'Job',
  'Lease',
  'NetworkPolicy',
  'Role',
  'RoleBinding',
  'Service',
  'ServiceAccount',
] as const;

const CHILD_PATHS: Readonly<Record<ChildKind, readonly [string, string]>> = {
  ControllerRevision: ['/apis/apps/v1', 'controllerrevisions'],
  Job: ['/apis/batch/v1', 'jobs'],
  Lease: ['/apis/coordination.k8s.io/v1', 'leases'],
  NetworkPolicy: ['/apis/networking.k8s.io/v1', 'networkpolicies'],
  Role: ['/apis/rbac.authorization.k8s.io/v1', 'roles'],
  RoleBinding: ['/apis/rbac.authorization.k8s.io/v1', 'rolebindings'],
  Service: ['/api/v1', 'services'],
  ServiceAccount: ['/api/v1', 'serviceaccounts'],
};

function podInWords(pod: unknown): string {
  const node = textAt(pod, 'spec', 'nodeName') ?? 'no node';
  return `${textAt(pod, 'metadata', 'name')} ${textAt(pod, 'status', 'phase')} on ${node}`;
}
