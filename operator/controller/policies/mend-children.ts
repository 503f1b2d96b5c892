/**
 * What workers need beside their pods stays as it is for as long as they run: rights that somebody took away keep a trainer
 * from reporting, and it would be ended for its silence.
 */
import { REASONS } from '../../status/reasons.ts';
import type { Policy } from '../decision.ts';

export const mendChildren: Policy = ({ workers, damage, nowMs }, draft) => {
  if (workers.state === 'starting' && workers.reason === REASONS.volumeNotMounted) {
    // Perhaps for want of the Secret, which the operator can make and not see.
    draft.workers('start');
  }
  const isNeeded = workers.state === 'starting' || (workers.state === 'running' && !workers.isStopping);
  if (damage === null || !isNeeded) {
    return 'next';
  }
  if (damage.mendAtMs > nowMs) {
    draft.lookAgainAfter(damage.mendAtMs - nowMs);
    return 'next';
  }
  draft.workers('start');
  draft.event(
    'Warning',
    REASONS.childrenMended,
    `${damage.children.join(', ')}: missing or changed, put back`,
  );
  return 'next';
};
