/**
 * A platform that is nothing but its state: one job in memory with a version, workers as the test says, and a list of what
 * was asked for. A test makes a call fail by setting `failure`.
 */
import { LIFE } from '../../../multigrid/contract/timings.ts';
import type { Silence } from '../../../operator/runtime/silence-watch.ts';
import type { OperatorStatus } from '../../../multigrid/object/job-object.ts';
import { JobConflictError } from '../../../multigrid/object/object-errors.ts';
import type {
  ClipCount,
  JobEvent,
  Platform,
  StopMode,
  TrainingJob,
  Workers,
} from '../../../operator/platform/platform.ts';

type Call = 'writeStatus' | 'startWorkers' | 'stopWorkers';

export class ModelPlatform implements Platform {
  job: TrainingJob | null;
  workers: Workers = { state: 'absent' };
  /** What is to fail from now on, and how. */
  failure: { readonly call: Call; readonly error: Error } | null = null;
  readonly published: JobEvent[] = [];
  /** Of all calls that change something, in order. */
  readonly calls: string[] = [];
  looks = 0;

  constructor(job: TrainingJob) {
    this.job = job;
  }

  getJob(): Promise<TrainingJob | null> {
    this.looks += 1;
    return Promise.resolve(this.job);
  }

  writeStatus({ metadata }: TrainingJob, status: OperatorStatus): Promise<void> {
    return this.#asked('writeStatus', () => {
      const [found, seen] = [this.job, { metadata }].map((job) => job?.metadata.resourceVersion ?? '0');
      if (this.job === null || found !== seen) {
        throw new JobConflictError('model', seen ?? '', found ?? '');
      }
      const progress = this.job.status?.progress;
      this.job = {
        ...this.job,
        metadata: { ...metadata, resourceVersion: String(Number(found) + 1) },
        status: { ...status, ...(progress === undefined ? {} : { progress }) },
      };
    });
  }

  observeWorkers(): Promise<Workers> {
    return Promise.resolve(this.workers);
  }

  endedPods(): readonly [] {
    return [];
  }

  damageTo(): null {
    return null;
  }

  countClips(): Promise<ClipCount> {
    return Promise.resolve({ kind: 'known', clips: 1300 });
  }

  silenceOf(): Silence {
    return { unheardMs: null, allowedSilenceMs: LIFE.silenceMs };
  }

  reportedAt(): null {
    return null;
  }

  isHearing(): boolean {
    return true;
  }

  selectorOf(): null {
    return null;
  }

  interruption(): null {
    return null;
  }

  startWorkers(): Promise<void> {
    return this.#asked('startWorkers');
  }

  stopWorkers(_job: TrainingJob, mode: StopMode): Promise<void> {
    return this.#asked('stopWorkers', () => {
      this.calls.push(mode);
    });
  }

  deleteJob(): Promise<void> {
    this.calls.push('deleteJob');
    this.job = null;
    return Promise.resolve();
  }

  publish(_job: TrainingJob, event: JobEvent): void {
    this.published.push(event);
  }

  watch(): Promise<void> {
    return Promise.resolve();
  }

  async #asked(call: Call, change: () => void = () => undefined): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    if (this.failure?.call === call) {
      throw this.failure.error;
    }
    change();
  }
}
