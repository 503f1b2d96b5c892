/**
 * A decision in the making. Policies write into it what they decide; out comes one next status, one thing to do with
 * the workers, and when to look again. Nothing happens to the world here: apply.ts does what a decision says.
 */
import type { ConditionType } from '../../multigrid/contract/names.ts';
import {
  findCondition,
  operatorStatusOf,
  type Condition,
  type OperatorStatus,
} from '../../multigrid/object/job-object.ts';
import type { JobEvent, StopMode } from '../platform/platform.ts';
import { setCondition } from '../status/conditions.ts';
import { REASONS } from '../status/reasons.ts';
import { stateOf } from '../status/state.ts';
import { tellingReason } from '../status/telling-reason.ts';
import type { Observation } from './observation.ts';

export interface Decision {
  /** The operator's part of the status from now on. */
  readonly status: OperatorStatus;
  readonly workers: 'keep' | 'start' | StopMode;
  /** Look again after this time, milliseconds; null: only when something changes. */
  readonly requeueAfterMs: number | null;
  /** The job has outlived its time to live: nothing else is done. */
  readonly isToBeDeleted: boolean;
  /** Published when the status has been written. */
  readonly events: readonly JobEvent[];
}

/** One rule. `settled`: the decision is made, no later rule may add to it. */
export type Policy = (observation: Observation, draft: DecisionDraft) => 'settled' | 'next';

export class DecisionDraft {
  readonly #observation: Observation;
  readonly #generation: number;
  readonly #events: JobEvent[] = [];
  #status: OperatorStatus;
  #workers: Decision['workers'] = 'keep';
  #requeueAfterMs: number | null = null;
  #isToBeDeleted = false;

  constructor(observation: Observation) {
    this.#observation = observation;
    this.#generation = observation.job.metadata.generation ?? 0;
    this.#status = operatorStatusOf(observation.job);
  }

  get status(): OperatorStatus {
    return this.#status;
  }

  set(fields: OperatorStatus): void {
    this.#status = { ...this.#status, ...fields };
  }

  isTrue(type: ConditionType): boolean {
    return this.#find(type)?.status === 'True';
  }

  /** Reason of a condition; undefined when there is none of this type. */
  reasonOf(type: ConditionType): string | undefined {
    return this.#find(type)?.reason;
  }

  condition(type: ConditionType, status: Condition['status'], reason: string, message: string): void {
    if (type === 'Running' && status !== 'True') {
      this.set({ activeSeconds: Math.round(this.activeSeconds()) });
    }
    const conditions = setCondition(
      this.#status.conditions ?? [],
      { type, status, reason, message },
      { nowMs: this.#observation.nowMs, generation: this.#generation },
    );
    this.set({ conditions });
  }

  /** Seconds the job has been running up to now, pauses left out. */
  activeSeconds(): number {
    const running = this.#find('Running');
    const before = this.#status.activeSeconds ?? 0;
    if (running?.status !== 'True') {
      return before;
    }
    // A clock that was put back takes nothing of what was counted.
    const sinceMs = this.#observation.nowMs - Date.parse(running.lastTransitionTime);
    return before + Math.max(0, sinceMs) / 1000;
  }

  workers(what: Decision['workers']): void {
    this.#workers = what;
  }

  event(type: JobEvent['type'], reason: string, message: string): void {
    this.#events.push({ type, reason, message });
  }

  deleteJob(): void {
    this.#isToBeDeleted = true;
  }

  /** Looks again after `delayMs` at the latest. */
  lookAgainAfter(delayMs: number): void {
    this.#requeueAfterMs = Math.min(this.#requeueAfterMs ?? Number.POSITIVE_INFINITY, Math.max(0, delayMs));
  }

  complete(message: string): 'settled' {
    this.#finish('Complete', REASONS.trainingFinished, message);
    this.event('Normal', REASONS.trainingFinished, message);
    return 'settled';
  }

  /** @param stop - how workers that still run are ended; `checkpoint` where their state is worth keeping. */
  fail(reason: string, message: string, stop: StopMode = 'checkpoint'): 'settled' {
    this.#finish('Failed', reason, message);
    this.event('Warning', reason, message);
    this.#workers = stop;
    return 'settled';
  }

  result(): Decision {
    const conditions = this.#status.conditions ?? [];
    const reason = tellingReason(this.#status);
    return {
      status: {
        ...this.#status,
        observedGeneration: this.#generation,
        state: stateOf(conditions),
        ...(reason === null ? {} : { reason }),
      },
      workers: this.#workers,
      requeueAfterMs: this.#requeueAfterMs,
      isToBeDeleted: this.#isToBeDeleted,
      events: this.#events,
    };
  }

  #find(type: ConditionType): Condition | undefined {
    return findCondition(this.#status.conditions, type);
  }

  #finish(type: 'Complete' | 'Failed', reason: string, message: string): void {
    for (const passing of ['Running', 'PhaseTransition', 'Restarting', 'Stalled'] as const) {
      if (this.isTrue(passing) || passing === 'Running') {
        this.condition(passing, 'False', REASONS.finished, message);
      }
    }
    this.condition(type, 'True', reason, message);
    this.set({ completionTime: new Date(this.#observation.nowMs).toISOString() });
  }
}
