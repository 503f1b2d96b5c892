/**
 * What the cluster itself says of a trainer that runs: in comes a pod, out comes whether its node is out of reach, and
 * whether its kubelet vouches for the trainer.
 */
import type { KeptPod } from '../cache/kept-workers.ts';

/** The cluster takes Ready away from pods of a node that does not answer, and from no other pod whose containers are ready. */
export function isOutOfReach({ conditions, trainer }: KeptPod): boolean {
  const isTrue = (name: string): boolean => conditions.find(({ type }) => type === name)?.status === 'True';
  return trainer?.kind === 'running' && isTrue('ContainersReady') && !isTrue('Ready');
}

/**
 * Whether a kubelet asks the trainer of this pod again and again whether it is there, and gets an answer. Not before the first
 * answer, and not of a pod that an operator without probes has made.
 */
export function isVouchedFor(pod: KeptPod): boolean {
  return pod.isAnswering && pod.trainer?.kind === 'running' && !isOutOfReach(pod);
}
