/**
 * Which pods have ended beyond doubt goes on record, so that the next trainer need not wait to find out whether the one
 * before still writes into the output folder. On record since pods vanish from the cluster, and their locks do not.
 */
import { withEndedPods } from '../../status/ended-pods.ts';
import type { Policy } from '../decision.ts';

export const rememberEndedPods: Policy = ({ endedPods }, draft) => {
  if (endedPods.length > 0) {
    draft.set({ endedPods: withEndedPods(draft.status.endedPods ?? [], endedPods) });
  }
  return 'next';
};
