/**
 * A whole life of a job, its trainer played by the test: reports at every border, follows the directives, ends well. In
 * comes a job, out comes what was seen of it on the way: every version of its directive, so that a phase that was skipped
 * or repeated shows. Used by the tests of outages and of leaders.
 */
import { numberAt, textAt, valueAt } from '../../../multigrid/json/fields.ts';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import type { Admin } from './admin.ts';
import { isRunning, type JobProbe } from './cluster-job.ts';
import { endTrainer } from './pod-status.ts';

const PATIENCE_MS = 180_000;

export interface LifeHooks {
  /** Called when something has just been done that the operator is to answer. */
  readonly afterStep?: (step: string) => Promise<void>;
  /** Called in the last phase. */
  readonly beforeEnd?: () => void;
  /** Called when the Job has ended as well. */
  readonly afterEnd?: () => void;
}

export async function liveWhole(
  admin: Admin,
  job: JobProbe,
  { afterStep, beforeEnd, afterEnd }: LifeHooks = {},
): Promise<void> {
  await afterStep?.('created');
  const pod = await job.pod(isRunning, PATIENCE_MS);
  const phases = await waitUntil(async () => numberAt(await job.statusField('planSummary'), 'phases'), {
    what: `the plan of ${job.name}`,
    timeoutMs: PATIENCE_MS,
  });
  await job.report({ state: 'Training', generation: 1 });
  for (let phase = 0; phase + 1 < phases; phase += 1) {
    await job.report({ state: 'Waiting', generation: phase + 1, phase });
    await afterStep?.(`border ${phase}`);
    await waitUntil(async () => ((await job.statusField('directive', 'phase')) === phase + 1 ? true : null), {
      what: `the directive of phase ${phase + 1} of ${job.name}`,
      timeoutMs: PATIENCE_MS,
      periodMs: 30,
    });
    await job.report({ state: 'Training', generation: phase + 2, phase: phase + 1 });
  }
  beforeEnd?.();
  await job.report({ state: 'Finished', generation: phases, phase: phases - 1, percent: 100 });
  await endTrainer(admin, pod, { exitCode: 0 });
  await afterStep?.('ended');
  if (afterEnd !== undefined) {
    await waitUntil(async () => ((await job.indexedJobIsComplete()) ? true : null), {
      what: `the Job of ${job.name} to end`,
      timeoutMs: PATIENCE_MS,
    });
    afterEnd();
  }
  await job.shows('Complete=True TrainingFinished', PATIENCE_MS);
}

/** Every directive that a job ever had, as `generation:phase`, in order; recorded from a watch. */
export class DirectiveRecord {
  readonly seen: string[] = [];
  readonly #job: JobProbe;
  readonly #stop = new AbortController();
  readonly #done: Promise<unknown>;
  #isOver = false;
  /** Of the newest version of the job that the watch has brought. */
  #version: bigint;

  constructor(admin: Admin, job: JobProbe, resourceVersion: string) {
    this.#job = job;
    this.#version = BigInt(resourceVersion);
    const query = { resourceVersion, fieldSelector: `metadata.name=${job.name}` };
    // Kept until somebody asks: a test that has failed already must not fail again by it.
    this.#done = this.#record(admin, job.path.slice(0, job.path.lastIndexOf('/')), query)
      .then(
        () => null,
        (error: unknown) => error,
      )
      .finally(() => {
        this.#isOver = true;
      });
  }

  /** Ends when it has seen the job as it is now: a watch may be behind what a read is answered with. */
  async end(): Promise<readonly string[]> {
    const newest = BigInt(textAt(await this.#job.read(), 'metadata', 'resourceVersion') ?? '0');
    await waitUntil(() => Promise.resolve(this.#isOver || this.#version >= newest ? true : null), {
      what: `the record of directives to reach version ${newest} of ${this.#job.name}; it has ${this.seen.join(' ')}`,
      timeoutMs: PATIENCE_MS,
      periodMs: 20,
    });
    this.#stop.abort();
    const failure = await this.#done;
    if (failure !== null) {
      throw new Error('the record of directives has a gap', { cause: failure });
    }
    return this.seen;
  }

  async #record(admin: Admin, path: string, query: Readonly<Record<string, string>>): Promise<void> {
    try {
      // A server may end a watch at any time, in good order: it goes on after the version that came last.
      for (let from = query; ; from = { ...query, resourceVersion: String(this.#version) }) {
        await this.#watch(admin, path, from);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) {
        throw error;
      }
    }
  }

  async #watch(admin: Admin, path: string, query: Readonly<Record<string, string>>): Promise<void> {
    this.#stop.signal.throwIfAborted();
    for await (const event of admin.client.watch(path, query, PATIENCE_MS * 10, this.#stop.signal)) {
      if (textAt(event, 'type') === 'ERROR') {
        throw new Error(`the watch ended with an error: ${JSON.stringify(event)}`);
      }
      this.#version = BigInt(textAt(event, 'object', 'metadata', 'resourceVersion') ?? '0');
      const directive = valueAt(event, 'object', 'status', 'directive');
      const generation = numberAt(directive, 'generation');
      const words = `${generation}:${numberAt(directive, 'phase')}`;
      if (generation !== null && this.seen.at(-1) !== words) {
        this.seen.push(words);
      }
    }
  }
}

/** What a record of a job of `phases` phases has to be. */
export function everyPhaseOnce(phases: number): readonly string[] {
  return Array.from({ length: phases }, (_, phase) => `${phase + 1}:${phase}`);
}
