/**
 * Conditions by the Kubernetes rules: one of each type, the transition time moves only when the status does. In comes
 * the list and one change, out comes the next list.
 */
import type { ConditionType } from '../../multigrid/contract/names.ts';
import type { Condition } from '../../multigrid/object/job-object.ts';

/** What a policy decides about a condition; the rest follows from when and on what it was decided. */
export interface ConditionChange {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

/** Longest message that goes into an object; the API server refuses more than 32768 characters. */
const MESSAGE_LIMIT = 4096;

/** Sets one condition, keeping the order of the others. */
export function setCondition(
  conditions: readonly Condition[],
  change: ConditionChange,
  at: { readonly nowMs: number; readonly generation: number },
): readonly Condition[] {
  const before = conditions.find(({ type }) => type === change.type);
  const next: Condition = {
    type: change.type,
    status: change.status,
    observedGeneration: at.generation,
    lastTransitionTime:
      before?.status === change.status ? before.lastTransitionTime : new Date(at.nowMs).toISOString(),
    reason: change.reason,
    message: shorten(change.message),
  };
  return before === undefined
    ? [...conditions, next]
    : conditions.map((condition) => (condition.type === change.type ? next : condition));
}

/** Keeps the beginning, which says what is wrong, and the end, which holds the newest lines of a log. */
export function shorten(message: string): string {
  if (message.length <= MESSAGE_LIMIT) {
    return message;
  }
  const half = MESSAGE_LIMIT / 2 - 3;
  return `${message.slice(0, half)}\n…\n${message.slice(-half)}`;
}
