/**
 * This machine as a platform: the job is the job.yaml of a run folder, the workers are one child process or its children, events are
 * lines of events.jsonl. In come the controller's wishes, out come facts about the file and the process. The cluster's
 * counterpart speaks to the API server.
 */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LIFE } from '../../../multigrid/contract/timings.ts';
import { readJob } from '../../../multigrid/api/read-job.ts';
import type { FilledSpec } from '../../../multigrid/api/filled-spec.ts';
import type { JobFileEffects } from '../../../job-store/file-effects.ts';
import { watchJobFile } from '../../../job-store/job-file-watch.ts';
import type { JobFile } from '../../../job-store/job-file.ts';
import type { OperatorStatus, StoredJob } from '../../../multigrid/object/job-object.ts';
import { JobFileMissingError } from '../../../multigrid/object/object-errors.ts';
import { keepTicking, type Silence, SilenceWatch } from '../../runtime/silence-watch.ts';
import type { ClipCount, JobEvent, Platform, StopMode, TrainingJob, Workers } from '../platform.ts';
import { Outbox } from '../../runtime/outbox.ts';
import { trainingFieldChange, TrainingFieldChangedError } from '../../../multigrid/object/training-fields.ts';
import { worldSizeOf } from '../../status/world-size.ts';
import { TrainerProcess, type TrainerCommand } from './trainer-process.ts';

export interface LocalPlatformOptions {
  /** The job.yaml of the run folder. */
  readonly file: JobFile;
  readonly effects: JobFileEffects;
  /** What to start for so many workers. */
  readonly trainer: (workers: number) => TrainerCommand;
  readonly countClips: (spec: FilledSpec) => Promise<ClipCount>;
}

export const EVENTS_FILE = 'events.jsonl';
/** The one who is listened to. */
const TRAINER = 'trainer';

export class LocalPlatform implements Platform {
  readonly #options: LocalPlatformOptions;
  readonly #file: JobFile;
  readonly #events: Outbox<string>;
  #trainer: TrainerProcess | null = null;
  /** The spec as it was when this platform first saw it. */
  #admittedSpec: unknown = null;
  #interruption: string | null = null;
  /** When the trainer last wrote, as it says. */
  #heartbeat: string | undefined;
  readonly #silence = new SilenceWatch({
    silenceMs: LIFE.silenceMs,
    spareMs: LIFE.spareMs,
    doubtMs: LIFE.doubtMs,
    onTurn: () => {
      this.#onChange();
    },
  });
  #onChange: () => void = () => {
    // Nobody watches yet; whoever begins to looks at everything anyway.
  };

  constructor(options: LocalPlatformOptions) {
    this.#options = options;
    this.#file = options.file;
    this.#events = new Outbox({
      send: (line) => appendFile(join(this.#file.folder, EVENTS_FILE), `${line}\n`),
      onLost: () => {
        // Conditions carry what matters; an event is worth no failure of the job.
      },
    });
  }

  /**
   * @throws InvalidJobError when a person has made the stored spec illegal meanwhile.
   * @throws TrainingFieldChangedError when a person has changed what cannot change.
   */
  async getJob(): Promise<TrainingJob | null> {
    let job: StoredJob;
    try {
      job = await this.#file.read();
    } catch (error) {
      if (error instanceof JobFileMissingError) {
        return null;
      }
      throw error;
    }
    const { apiVersion, kind, metadata, spec } = job;
    this.#admittedSpec ??= spec;
    const change = trainingFieldChange(this.#admittedSpec, spec);
    if (change !== null) {
      throw new TrainingFieldChangedError(this.#file.path, change);
    }
    this.#listen(job);
    return { ...job, spec: readJob({ apiVersion, kind, metadata, spec }) };
  }

  async writeStatus(job: TrainingJob, status: OperatorStatus): Promise<void> {
    await this.#file.patch({ writer: 'operator', status }, { resourceVersion: job.metadata.resourceVersion });
  }

  observeWorkers(): Promise<Workers> {
    return Promise.resolve(this.#trainer?.workers ?? { state: 'absent' });
  }

  /** A trainer on this machine sees in the table of processes who lives. */
  endedPods(): readonly [] {
    return [];
  }

  /** A process needs nothing that others could take away. */
  damageTo(): null {
    return null;
  }

  countClips(job: TrainingJob): Promise<ClipCount> {
    return this.#options.countClips(job.spec);
  }

  interruption(): string | null {
    return this.#interruption;
  }

  selectorOf(): null {
    return null;
  }

  /** One machine, one clock. */
  reportedAt({ status }: TrainingJob): number | null {
    return status?.progress === undefined ? null : Date.parse(status.progress.heartbeat);
  }

  silenceOf(): Silence {
    return this.#silence.silenceOf(TRAINER);
  }

  isHearing(): boolean {
    return true;
  }

  /** A run folder is the person's: it stays until they delete it. */
  deleteJob(): Promise<void> {
    return Promise.resolve();
  }

  startWorkers(job: TrainingJob): Promise<void> {
    if (this.#trainer === null || this.#trainer.workers.state === 'ended') {
      const command = this.#options.trainer(worldSizeOf(job));
      this.#trainer = TrainerProcess.start(command, this.#options.effects.now, () => {
        this.#onChange();
      });
      this.#onChange();
    }
    return Promise.resolve();
  }

  stopWorkers(_job: TrainingJob, mode: StopMode): Promise<void> {
    if (this.#trainer?.workers.state === 'ended') {
      this.#trainer = null;
    }
    this.#trainer?.stop(mode);
    return Promise.resolve();
  }

  publish(_job: TrainingJob, event: JobEvent): void {
    this.#events.put(JSON.stringify({ time: new Date(this.#options.effects.now()).toISOString(), ...event }));
  }

  /** Resolves when every event so far is in the file. */
  async eventsWritten(): Promise<void> {
    await this.#events.settled();
  }

  async watch(onChange: (name: string) => void, signal: AbortSignal): Promise<void> {
    const { name } = (await this.#file.read()).metadata;
    this.#onChange = () => {
      onChange(name);
    };
    await Promise.all([
      watchJobFile(this.#file, this.#options.effects, this.#onChange, signal),
      keepTicking(this.#silence, { ...this.#options.effects, isHearing: () => this.isHearing() }, signal),
    ]);
  }

  #listen({ status }: StoredJob): void {
    const heartbeat = status?.progress?.heartbeat;
    if (heartbeat !== this.#heartbeat) {
      this.#heartbeat = heartbeat;
      this.#silence.heard(TRAINER);
    }
  }

  /** No job may run here any more: workers save and end. */
  interrupt(reason: string): void {
    this.#interruption = reason;
    this.#onChange();
  }

  /** Ends the trainer at once and waits until it is gone. */
  async kill(): Promise<void> {
    this.#trainer?.stop('kill');
    await this.#trainer?.ended;
  }
}
