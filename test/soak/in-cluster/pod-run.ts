/**
 * One run under a soak in pods: a job that is applied once and led by the operator. In comes the cluster, out come how far the
 * run has come, told by its folder, which needs no API server, and its end.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import type { TrainingCluster } from '../../support/cluster/training-cluster.ts';
import { type JobPod, type SmallSpec } from '../../support/cluster/training-cluster.ts';
import type { StruckRun } from '../ground.ts';
import { iterationsIn } from '../results.ts';

const PATIENCE_MS = 900_000;

export class PodRun implements StruckRun {
  readonly name: string;
  readonly place: TrainingCluster;
  #isStarted = false;

  constructor(place: TrainingCluster, name: string) {
    this.place = place;
    this.name = name;
  }

  get folder(): string {
    return this.place.output(this.name);
  }

  get isUnderWay(): boolean {
    return this.#isStarted && !this.isComplete;
  }

  /** Its result is written; the job may not know yet. */
  get isComplete(): boolean {
    return existsSync(join(this.folder, 'result.json'));
  }

  async start(): Promise<void> {
    await this.place.apply(this.name, longEnough);
    this.#isStarted = true;
  }

  async untilIteration(iteration: number): Promise<void> {
    await waitUntil(
      async () => (this.isComplete || (await iterationsIn(this.folder)) >= iteration ? true : null),
      {
        ...{ what: `iteration ${iteration} of ${this.name}`, timeoutMs: PATIENCE_MS, periodMs: 50 },
      },
    );
  }

  /** The pod that trains; null when the run was over sooner. */
  async pod(): Promise<JobPod | null> {
    const pod = await waitUntil<JobPod | 'over'>(
      async () => {
        const found = (await this.place.pods(this.name)).find(({ phase }) => phase === 'Running');
        return found ?? (this.isComplete ? 'over' : null);
      },
      { what: `a pod of ${this.name}`, timeoutMs: PATIENCE_MS },
    );
    return pod === 'over' ? null : pod;
  }

  async toEnd(): Promise<void> {
    if (!this.#isStarted) {
      await this.start();
    }
    await this.place.complete(this.name, PATIENCE_MS);
  }

  async close(): Promise<void> {
    const { cluster } = this.place;
    await cluster.kubectl(['delete', 'multigridtrainingjob', this.name, '--ignore-not-found', '--wait']);
    await waitUntil(async () => ((await this.place.pods(this.name)).length === 0 ? true : null), {
      ...{ what: `the pods of ${this.name} to be gone`, timeoutMs: PATIENCE_MS },
    });
    this.#isStarted = false;
  }
}

function longEnough(spec: SmallSpec): void {
  spec.recipe = { ...spec.recipe, epochs: 24, steps: [0, 16] };
  spec['checkpoint'] = { everyIterations: 5, keep: 3 };
  spec['runPolicy'] = { backoffLimit: 1000 };
}
