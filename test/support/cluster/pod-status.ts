/**
 * What a kubelet would say of a pod, said by a test where there is none. In comes a pod and how its trainer is, the pod's
 * status is written; the rest of the cluster takes it for true.
 */
import { listAt, objectAt, textAt } from '../../../multigrid/json/fields.ts';
import type { Admin } from './admin.ts';

export interface TrainerEnd {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
  /** Reason of the condition DisruptionTarget. */
  readonly disruption?: string;
}

export async function endTrainer(admin: Admin, pod: unknown, end: TrainerEnd): Promise<void> {
  const { exitCode, disruption } = end;
  const finishedAt = new Date().toISOString();
  const startedAt = textAt(pod, 'status', 'startTime') ?? finishedAt;
  const reason = end.reason ?? (exitCode === 0 ? 'Completed' : 'Error');
  const terminated = { exitCode, reason, message: end.message ?? '', startedAt, finishedAt };
  await writeStatus(admin, pod, {
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    ...(disruption === undefined ? {} : { conditions: [disrupted(disruption, finishedAt)] }),
    containerStatuses: [trainerStatus({ terminated })],
  });
}

/** The cluster takes the pod for lost and fails it, without having heard of its trainer. */
export async function giveUp(admin: Admin, pod: unknown): Promise<void> {
  const target = disrupted('DeletionByPodGC', new Date().toISOString());
  await writeStatus(admin, pod, { phase: 'Failed', conditions: [target] });
}

/** The trainer waits for what its kubelet says. */
export async function holdTrainer(
  admin: Admin,
  pod: unknown,
  waiting: { readonly reason: string; readonly message: string },
): Promise<void> {
  await writeStatus(admin, pod, { phase: 'Pending', containerStatuses: [trainerStatus({ waiting })] });
}

/** The trainer answers its kubelet, or has not answered for as long as that has patience. */
export async function sayReady(admin: Admin, pod: unknown, isReady: boolean): Promise<void> {
  const status = isReady ? 'True' : 'False';
  const lastTransitionTime = new Date().toISOString();
  await writeStatus(admin, pod, {
    conditions: ['ContainersReady', 'Ready'].map((type) => ({ type, status, lastTransitionTime })),
    containerStatuses: listAt(pod, 'status', 'containerStatuses').map((container) => ({
      ...objectAt(container),
      ready: isReady,
    })),
  });
}

async function writeStatus(admin: Admin, pod: unknown, status: object): Promise<void> {
  await admin.client.request({
    method: 'PATCH',
    path: `${pathOf(pod)}/status`,
    contentType: 'application/strategic-merge-patch+json',
    body: { status },
  });
}

function disrupted(reason: string, lastTransitionTime: string): object {
  return { type: 'DisruptionTarget', status: 'True', reason, lastTransitionTime };
}

export function pathOf(pod: unknown): string {
  const namespace = textAt(pod, 'metadata', 'namespace') ?? '';
  return `/api/v1/namespaces/${namespace}/pods/${textAt(pod, 'metadata', 'name') ?? ''}`;
}

function trainerStatus(state: object): object {
  return { name: 'trainer', image: 'trainer:test', imageID: '', ready: false, restartCount: 0, state };
}
