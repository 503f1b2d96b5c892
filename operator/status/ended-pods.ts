/**
 * The pods that have ended beyond doubt, as a status keeps them: the newest few. In comes what is on record and what is
 * known now, out comes what is to be on record. The caches keep as many.
 */
import type { EndedPod } from '../../multigrid/object/job-object.ts';

/** The CRD's limit. More pods than that hardly end between the one that left a lock and the one that finds it. */
export const MOST_ENDED_PODS = 16;

/**
 * @param ended - the newest that are known, oldest first
 * @returns the very list `recorded` when nothing is new
 */
export function withEndedPods(
  recorded: readonly EndedPod[],
  ended: readonly EndedPod[],
): readonly EndedPod[] {
  const uids = new Set(recorded.map(({ uid }) => uid));
  const added = ended.slice(-MOST_ENDED_PODS).filter(({ uid }) => !uids.has(uid));
  return added.length === 0 ? recorded : [...recorded, ...added].slice(-MOST_ENDED_PODS);
}
