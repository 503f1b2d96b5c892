/**
 * Where jobs live and workers run, as the controller sees it: one interface, implemented for a cluster and for this
 * machine. The controller reads the world through it (observe), and changes it through it (apply); it never asks which
 * one it has. Implemented in local/ and kubernetes/; used by controller/.
 */
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import type { Silence } from '../runtime/silence-watch.ts';
import type { EndedPod, OperatorStatus, StoredJob } from '../../multigrid/object/job-object.ts';

/** A job whose spec has passed validation and has its defaults filled in. */
export interface TrainingJob extends Omit<StoredJob, 'spec'> {
  readonly spec: FilledSpec;
}

/** What has become of the workers of a job. */
export type Workers =
  /** None exist: never asked for, or ended and cleared away. */
  | { readonly state: 'absent' }
  /** Asked for and refused; nothing of them exists. */
  | {
      readonly state: 'refused';
      readonly id: string;
      /** When they were refused first. */
      readonly sinceMs: number;
      /** When it makes sense to ask again. */
      readonly retryAtMs: number;
      readonly reason: string;
      readonly message: string;
    }
  /** Asked for, not running yet. */
  | {
      readonly state: 'starting';
      /** Tells this set of workers from every other one, e.g. `trainer-4711-1764000000000`. */
      readonly id: string;
      readonly sinceMs: number;
      /** Workers that exist, running or not. */
      readonly replicas: number;
      /** CamelCase reason why they do not run yet, and the same in words. */
      readonly reason: string;
      readonly message: string;
      /** They will not run unless somebody does something. */
      readonly isStuck: boolean;
      /** Another controller has not admitted them yet; the clock for starting stands still. */
      readonly isHeld: boolean;
      /** They were made from an older spec than the job has now. */
      readonly isOutdated: boolean;
      /** Whoever makes them has had far more time than it takes: `startWorkers` reminds them. */
      readonly isOverdue: boolean;
    }
  | {
      readonly state: 'running';
      readonly id: string;
      /** When they began, by their own machine's clock, which also writes the heartbeats of their progress. */
      readonly sinceMs: number;
      /** When they were asked for, by the controller's clock. */
      readonly askedMs: number;
      readonly replicas: number;
      readonly ready: number;
      /** They have been told to save and end. */
      readonly isStopping: boolean;
      /** What is wrong with them though they have not ended, as far as one can see from outside. */
      readonly trouble: Finding | null;
    }
  | {
      readonly state: 'ended';
      readonly id: string;
      readonly sinceMs: number;
      readonly endedMs: number;
      readonly exitCode: number;
      /** What the platform knows of the end beyond the exit code. */
      readonly cause: EndCause | null;
      /** Last lines of the log. */
      readonly log: string;
      /** What others have put beside the trainer still runs; `stopWorkers` ends it. */
      readonly isLingering: boolean;
      /** How the next ones come without being asked for, and when; null: they come by `startWorkers`. */
      readonly next: Finding | null;
    };

/** A typed reason, and the same in words. */
export interface Finding {
  readonly reason: string;
  readonly message: string;
}

/** `disruption`: something outside the trainer ended it. `failure`: the trainer's own, and another try may help. */
export interface EndCause extends Finding {
  readonly kind: 'disruption' | 'failure';
}

/** Objects that workers need, beside their pods, and that are missing or have been changed. */
export interface Damage {
  /** As in `RoleBinding first`. */
  readonly children: readonly string[];
  /** When `startWorkers` is to put them back, by the controller's clock. */
  readonly mendAtMs: number;
}

/** How many training clips there are, or why that cannot be known now. */
export type ClipCount =
  | { readonly kind: 'known'; readonly clips: number }
  /** Only the workers see the data: they count when they are up. */
  | { readonly kind: 'counted-by-workers' }
  | {
      readonly kind: 'unknown';
      readonly reason: string;
      readonly message: string;
      /** Look again after this time; null: only when the job changes. */
      readonly retryAfterMs: number | null;
    };

/** A note for people that something happened, once. */
export interface JobEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** `checkpoint`: asks the workers to save and end, and lets them. `kill`: ends them now. */
export type StopMode = 'checkpoint' | 'kill';

export interface Platform {
  /** The newest version of a job; null when there is none of this name. */
  getJob(name: string): Promise<TrainingJob | null>;

  /**
   * Replaces the operator's part of the status.
   *
   * @throws JobConflictError when the job is no longer of the version of `job`.
   */
  writeStatus(job: TrainingJob, status: OperatorStatus): Promise<void>;

  observeWorkers(job: TrainingJob): Promise<Workers>;

  /**
   * Pods of the first worker that have ended beyond doubt, as far as is known now: the newest few, oldest first. Empty
   * where a trainer finds that out by itself.
   */
  endedPods(job: TrainingJob): readonly EndedPod[];

  /** What somebody has done to the objects that the workers of a job need; null: all are as they should be, or there are none. */
  damageTo(job: TrainingJob): Damage | null;

  /** Lines of the training list. Asked only while the job has no plan. */
  countClips(job: TrainingJob): Promise<ClipCount>;

  /**
   * When the trainer's newest report arrived, by the same clock as the controller's own times; null when there is none.
   * The heartbeat in it is of the trainer's clock, which may be another machine's.
   */
  reportedAt(job: TrainingJob): number | null;

  /**
   * How long nothing was heard of the trainer, neither a report nor any other word, and how long that may be. The platform
   * tells of a job when it becomes too long, and when the trainer speaks again; of every word it does not.
   */
  silenceOf(job: TrainingJob): Silence;

  /** Whether reports arrive now, as far as is known. Silence says nothing about a trainer whose words cannot come through. */
  isHearing(): boolean;

  /** Label selector of the workers of a job, for the scale subresource; null where there are no labels. */
  selectorOf(job: TrainingJob): string | null;

  /** Why no job may run here now although its spec does not suspend it (the person pressed Ctrl-C); null: it may. */
  interruption(): string | null;

  /**
   * Brings the workers of a job into being, with all that they need. Of workers that are there it puts right what they
   * need; whoever makes them is reminded where they are not. A refusal is no error: the workers are `refused` from then on.
   */
  startWorkers(job: TrainingJob): Promise<void>;

  /**
   * Sets the end of the workers going and returns; workers that have ended are cleared away and are absent from then on.
   * Of a job that has come to its end they are kept where people may read their logs.
   */
  stopWorkers(job: TrainingJob, mode: StopMode): Promise<void>;

  /** Deletes a job that has outlived its time to live, where a job is the platform's to delete. */
  deleteJob(job: TrainingJob): Promise<void>;

  /** Tells people what happened, soon. Neither fails the caller nor makes it wait. */
  publish(job: TrainingJob, event: JobEvent): void;

  /** Calls with the name of every job that, or whose workers, may have changed, until the signal aborts. */
  watch(onChange: (name: string) => void, signal: AbortSignal): Promise<void>;
}
