/**
 * Pods of first workers that have ended beyond doubt, by training job. Fed with every change of a pod, it also knows of
 * those that have vanished since: a pod that is deleted ends and is gone in one breath.
 */
import type { EndedPod } from '../../../../multigrid/object/job-object.ts';
import type { Change } from '../../../../kube/informer.ts';
import { hasEndedForCertain } from '../workers/how-ended.ts';
import type { KeptPod } from './kept-workers.ts';

type Ended = EndedPod & Pick<KeptPod, 'createdMs'>;

const FIRST_RANK = 0;

export class EndedPods {
  readonly #most: number;
  readonly #byJob = new Map<string, readonly Ended[]>();

  /** @param most - that are kept of a job: the newest */
  constructor(most: number) {
    this.#most = most;
  }

  take({ before, after }: Change<KeptPod>): void {
    const pod = after ?? before;
    if (pod?.rank !== FIRST_RANK || pod.ownerUid === '' || !hasEndedForCertain(pod)) {
      return;
    }
    const { namespace, jobName, name, uid, createdMs } = pod;
    const key = `${namespace}/${jobName}`;
    const known = this.#byJob.get(key) ?? [];
    if (!known.some((ended) => ended.uid === uid)) {
      const all = [...known, { name, uid, createdMs }].sort(byAge);
      this.#byJob.set(key, all.slice(-this.#most));
    }
  }

  /** How many jobs have any. */
  get size(): number {
    return this.#byJob.size;
  }

  /** Oldest first. */
  of(key: string): readonly EndedPod[] {
    return (this.#byJob.get(key) ?? []).map(({ name, uid }) => ({ name, uid }));
  }

  /** Of a job that is gone. */
  forget(key: string): void {
    this.#byJob.delete(key);
  }
}

/** By the server's clock; those of one second in an order that is always the same. */
function byAge(one: Ended, other: Ended): number {
  return one.createdMs - other.createdMs || (one.uid < other.uid ? -1 : 1);
}
