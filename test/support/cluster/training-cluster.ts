/**
 * A cluster in which jobs really train: real nodes, the trainer's image on them, the CRD, the operator as a process, and
 * 64 small videos on storage that all pods share. In come manifests, out come their objects and what lies in their output.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { PlanSummary } from '../../../multigrid/plan/types.ts';
import { findCondition, type StoredJob } from '../../../multigrid/object/job-object.ts';
import { asStoredJob } from '../../../multigrid/object/job-text.ts';
import type { RunEvent } from '../../../trainer-image/run-folder/events.ts';
import { readMetrics } from '../../../trainer-image/run-folder/metrics-reader.ts';
import { listAt, textAt } from '../../../multigrid/json/fields.ts';
import { startCluster, type Cluster } from '../../cluster/cluster.ts';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import { Admin, jobPath } from './admin.ts';
import { installCrd } from './install-crd.ts';
import { jobFindings } from './job-findings.ts';
import { makeVideos } from './make-videos.ts';
import { OperatorProcess } from './operator-process.ts';
import { buildTrainerImage, TRAINER_IMAGE } from './project-images.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const KIND = 'multigridtrainingjobs';
/** For a trainer to begin or to get on to its next phase, on a machine that others use as well. */
const PATIENCE_MS = 480_000;
/** For a job to say what is wrong: the promise is half a minute; the machine may be busy. */
export const SOON_MS = 240_000;
const NAMESPACE = 'default';

export interface JobPod {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly phase: string;
  /** As its kubelet says, and the cluster of its node. */
  readonly isReady: boolean;
}

export class TrainingCluster {
  readonly cluster: Cluster;
  /** For what is asked again and again: a kubectl each time would cost a core. */
  readonly #admin: Admin;
  readonly #runs: string;
  #operator: OperatorProcess;

  private constructor(cluster: Cluster, runs: string) {
    this.cluster = cluster;
    this.#admin = new Admin(cluster);
    this.#runs = runs;
    this.#operator = this.#newOperator();
  }

  /** @param gpusPerNode - that each node says it has; none is real */
  static async start(nodes: number, gpusPerNode = 0): Promise<TrainingCluster> {
    const images = [await buildTrainerImage()];
    const cluster = await startCluster({ nodes, gpusPerNode, images });
    try {
      await installCrd(cluster);
      return new TrainingCluster(cluster, await makeVideos(cluster));
    } catch (error) {
      await cluster.down();
      throw error;
    }
  }

  async down(): Promise<void> {
    await this.#operator.kill();
    await this.#admin.close();
    await this.cluster.down();
  }

  killOperator(): Promise<void> {
    return this.#operator.kill();
  }

  startOperator(): void {
    this.#operator = this.#newOperator();
  }

  /**
   * Applies examples/quickstart-cluster.yaml at the size of quickstart-small.yaml, on the example's own claims.
   *
   * @param change - what a test wants different in the spec
   */
  async apply(name: string, change: (spec: SmallSpec) => void = () => undefined): Promise<void> {
    const manifest = await readManifest('quickstart-cluster.yaml');
    const { spec: small } = await readManifest('quickstart-small.yaml');
    const { data, workers } = manifest.spec;
    const spec: SmallSpec = {
      ...manifest.spec,
      ...small,
      data: { ...data, loader: { decoders: 1, cacheMiB: 128 } },
      workers: {
        ...workers,
        image: TRAINER_IMAGE,
        resources: { requests: { cpu: '100m', memory: '600Mi' } },
      },
    };
    change(spec);
    const metadata = { ...manifest.metadata, name };
    await this.cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ ...manifest, metadata, spec }));
  }

  async job(name: string): Promise<StoredJob> {
    return asStoredJob(await this.#admin.get(jobPath(NAMESPACE, name)), name);
  }

  /** Waits until the job is as it should be. */
  waitFor(
    name: string,
    what: string,
    isThere: (job: StoredJob) => boolean,
    timeoutMs = PATIENCE_MS,
  ): Promise<StoredJob> {
    return waitUntil(
      async () => {
        const job = await this.job(name);
        if (job.status?.state === 'Failed') {
          throw new Error(`${name} has failed: ${JSON.stringify(job.status.conditions)}`);
        }
        return isThere(job) ? job : null;
      },
      { what: `${name}: ${what}`, timeoutMs, periodMs: 500 },
    ).catch((error: unknown) => this.#explain(name, error));
  }

  complete(name: string, timeoutMs?: number): Promise<StoredJob> {
    return this.waitFor(name, 'state Complete', ({ status }) => status?.state === 'Complete', timeoutMs);
  }

  /**
   * Waits until a condition of the job is true.
   *
   * @param why - its type and reason, such as `Stalled Unschedulable`
   */
  async shows(name: string, why: `${ConditionType} ${string}`, timeoutMs = SOON_MS): Promise<StoredJob> {
    const startedMs = performance.now();
    const found = await waitUntil(
      async () => {
        const job = await this.job(name);
        const isThere = (job.status?.conditions ?? []).some(
          ({ type, status, reason }) => status === 'True' && `${type} ${reason}` === why,
        );
        return isThere ? job : null;
      },
      { what: `${name} to show ${why}`, timeoutMs, periodMs: 300 },
    ).catch((error: unknown) => this.#explain(name, error));
    const seconds = (performance.now() - startedMs) / 1000;
    process.stderr.write(`${name}: ${why} after ${seconds.toFixed(1)} s\n`);
    return found;
  }

  /** Deletes a job. */
  async remove(name: string): Promise<void> {
    await this.cluster.kubectl(['delete', KIND, name]);
  }

  /** Oldest first. */
  async pods(name: string): Promise<readonly JobPod[]> {
    return (await this.#admin.podsOf(NAMESPACE, name)).map((pod) => ({
      name: textAt(pod, 'metadata', 'name') ?? '',
      uid: textAt(pod, 'metadata', 'uid') ?? '',
      node: textAt(pod, 'spec', 'nodeName') ?? '',
      phase: textAt(pod, 'status', 'phase') ?? '',
      isReady: listAt(pod, 'status', 'conditions').some(
        (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
      ),
    }));
  }

  /** Waits for the oldest pod of the job that is as it should be. */
  waitForPod(name: string, what: string, isIt: (pod: JobPod) => boolean): Promise<JobPod> {
    return waitUntil(async () => (await this.pods(name)).find(isIt) ?? null, {
      what: `a pod of ${name} ${what}`,
      timeoutMs: PATIENCE_MS,
      periodMs: 200,
    }).catch((error: unknown) => this.#explain(name, error));
  }

  /** How long the trainer of a pod took from its start to going on from a checkpoint, milliseconds. */
  async resumeMs(pod: string): Promise<number> {
    const lines = (await this.cluster.kubectl(['logs', pod])).split('\n');
    const timeOf = (message: string): number =>
      Date.parse(/"timestamp":"([^"]+)"/.exec(lines.find((line) => line.includes(message)) ?? '')?.[1] ?? '');
    return timeOf('"message":"resumed"') - timeOf('"message":"serving metrics"');
  }

  /** The job's folder on the shared storage. */
  output(name: string): string {
    return join(this.#runs, name);
  }

  /** What the trainer has logged so far; nothing before it has begun. */
  async events(name: string): Promise<readonly RunEvent[]> {
    return readMetrics(join(this.output(name), 'metrics.jsonl'));
  }

  /** Waits for something in the trainer's own log of events, which needs no API server. */
  async waitForEvent(name: string, what: string, isIt: (event: RunEvent) => boolean): Promise<void> {
    await waitUntil(async () => ((await this.events(name).catch(() => [])).some(isIt) ? true : null), {
      what: `${name}: ${what}`,
      timeoutMs: PATIENCE_MS,
      periodMs: 200,
    }).catch((error: unknown) => this.#explain(name, error));
  }

  async #explain(name: string, error: unknown): Promise<never> {
    const findings = await jobFindings(this.cluster, name, this.#operatorLog);
    throw new Error(`${String(error)}\n${findings}`, { cause: error });
  }

  get #operatorLog(): string {
    return join(this.cluster.sharedFolder, 'operator.log');
  }

  #newOperator(): OperatorProcess {
    const { kubeconfigPath } = this.cluster;
    return OperatorProcess.start({
      kubeconfigPath,
      trainerImage: TRAINER_IMAGE,
      logPath: this.#operatorLog,
    });
  }
}

/** What the tests look into of a spec. */
export type SmallSpec = Record<string, unknown> & {
  data: Record<string, unknown>;
  recipe: Record<string, unknown>;
  workers: Record<string, unknown>;
};

/**
 * Makes a run outlast any test. The small one is over in seconds on a quiet machine: whoever waits to see it train, or wants
 * to disturb it, may come too late.
 */
export function neverDone(spec: SmallSpec): void {
  spec.recipe = { ...spec.recipe, epochs: 2000, steps: [0, 1500] };
  spec['checkpoint'] = { everyIterations: 50, keep: 3 };
}

interface Manifest {
  readonly metadata: object;
  readonly spec: SmallSpec;
}

async function readManifest(example: string): Promise<Manifest> {
  const manifest: unknown = parse(await readFile(join(ROOT, 'examples', example), 'utf8'));
  if (!isManifest(manifest)) {
    throw new TypeError(`${example} is no manifest`);
  }
  return manifest;
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && 'metadata' in value && 'spec' in value;
}

type ConditionType = Parameters<typeof findCondition>[1];

/** What a condition of a job says; nothing where it has none of that type. */
export function messageOf({ status }: StoredJob, type: ConditionType): string {
  return findCondition(status?.conditions, type)?.message ?? '';
}

export function isTraining({ status }: StoredJob): boolean {
  return status?.state === 'Running' && status.progress?.state === 'Training';
}

/** The plan of a job that has one, in short. */
export function planOf({ status, metadata }: StoredJob): PlanSummary {
  const summary = status?.planSummary;
  if (summary === undefined) {
    throw new Error(`${metadata.name} has no plan`);
  }
  return summary;
}
