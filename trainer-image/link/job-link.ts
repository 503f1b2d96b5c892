/**
 * The trainer's one line to the outside: its job object. In come the spec, the plan and the directive to follow; out
 * goes progress. `FileJobLink` (file-job-link.ts) speaks it through the run folder's job.yaml, `ClusterJobLink` (cluster/)
 * through the API server. Called by train/ and main.ts, which know nothing of where the object lives.
 */
import type { Directive } from '../../multigrid/directive.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import type { Progress } from '../../multigrid/progress.ts';

/** One trainer's connection to its own MultigridTrainingJob. */
export interface JobLink {
  /** `metadata.name` of the job. */
  readonly name: string;

  /**
   * The whole job object as it is now (apiVersion, kind, metadata, spec, status), its spec not yet validated. Waits while the
   * other side cannot be reached.
   *
   * @throws JobFileError when the object is gone or cannot be parsed; the signal's reason when `signal` aborts first.
   */
  job(signal?: AbortSignal): Promise<StoredJob>;

  /**
   * The job's plan. Waits until the operator has written it; the same plan for the whole life of the link.
   *
   * @throws the signal's reason when `signal` aborts first.
   */
  plan(signal?: AbortSignal): Promise<Plan>;

  /** The latest directive seen; null before the operator wrote the first one. Never waits, cheap to call per step. */
  directive(): Directive | null;

  /**
   * Waits for a directive with a generation above `afterGeneration` (0: any).
   *
   * @param timeoutMs how long to wait, milliseconds; 0 answers with what is known now
   * @returns null when the time is over: the operator is away, go on by the plan and report `unattended`
   * @throws the signal's reason when `signal` aborts first
   */
  nextDirective(afterGeneration: number, timeoutMs: number, signal: AbortSignal): Promise<Directive | null>;

  /**
   * Says how training stands. A change of state, phase, generation, checkpoint or failure is written before the promise
   * resolves; anything else at most about once a second (call it every step). Never rejects because the other side
   * cannot be reached: the newest progress is kept and sent again until it arrives, and `close` waits for it.
   */
  report(progress: Progress): Promise<void>;

  /**
   * Sends what is still unsent, stops watching, frees everything. The link is dead afterwards.
   *
   * @param hurry - while it has not aborted, a link that knows the other side will come back may wait for it
   * @throws ProgressLostError when the last progress could not be delivered in time.
   */
  close(hurry?: AbortSignal): Promise<void>;
}
