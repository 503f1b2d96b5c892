/**
 * The conditions in one word, for the printer column: the most telling one that holds, in an order that does not depend
 * on the order of the list.
 */
import type { ConditionType } from '../../multigrid/contract/names.ts';
import type { Condition, JobState } from '../../multigrid/object/job-object.ts';

const BY_PRECEDENCE: readonly (ConditionType & JobState)[] = [
  'Complete',
  'Failed',
  'Suspended',
  'Stalled',
  'Restarting',
  'PhaseTransition',
  'Running',
];

export function stateOf(conditions: readonly Condition[]): JobState {
  const holding = new Set(conditions.filter(({ status }) => status === 'True').map(({ type }) => type));
  return BY_PRECEDENCE.find((type) => holding.has(type)) ?? 'Pending';
}
