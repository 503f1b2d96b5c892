/**
 * What can happen to a run in pods: to the API server, to the operator, to the pod and to what stands behind it. In comes the
 * run, out comes what was seen, in a few words.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { killTrainer } from '../../support/cluster/kill-trainer.ts';
import type { Fault, FaultTimes } from '../ground.ts';
import type { PodRun } from './pod-run.ts';

export const FAULTS: readonly Fault<PodRun>[] = [
  { name: 'api-server-gone', strike: stopApiServer },
  { name: 'api-server-frozen', strike: freezeApiServer },
  { name: 'operator-killed', strike: killOperator },
  { name: 'pod-deleted', strike: (run) => deletePod(run, []) },
  { name: 'pod-deleted-by-force', strike: (run) => deletePod(run, ['--grace-period=0', '--force']) },
  { name: 'trainer-killed', strike: killPodsTrainer },
  { name: 'pods-job-deleted', strike: deletePodsJob },
];

async function stopApiServer({ place }: PodRun, { awayMs }: FaultTimes): Promise<string> {
  await place.cluster.stopApiServer();
  await sleep(awayMs);
  await place.cluster.startApiServer();
  return `gone for ${awayMs / 1000} s`;
}

/** Connections stay open, and nothing answers. */
async function freezeApiServer({ place }: PodRun, { stopMs }: FaultTimes): Promise<string> {
  await place.cluster.pauseApiServer();
  await sleep(stopMs);
  await place.cluster.resumeApiServer();
  return `stood still for ${stopMs / 1000} s`;
}

async function killOperator({ place }: PodRun, { awayMs }: FaultTimes): Promise<string> {
  await place.killOperator();
  await sleep(awayMs);
  place.startOperator();
  return `away for ${awayMs / 1000} s`;
}

/** As the kernel does it when memory is short. */
async function killPodsTrainer(run: PodRun): Promise<string> {
  const pod = await run.pod();
  if (pod === null) {
    return 'the run was just over';
  }
  // A pod that runs may have no trainer yet, or no longer.
  const seen = await killTrainer(pod.uid).then(
    () => 'killed',
    (error: unknown) => String(error),
  );
  return `${pod.name}: ${seen}`;
}

/** The operator puts it back. */
async function deletePodsJob({ place, name }: PodRun): Promise<string> {
  await place.cluster.kubectl(['delete', 'job', name, '--ignore-not-found', '--wait=false']);
  return 'deleted';
}

async function deletePod(run: PodRun, how: readonly string[]): Promise<string> {
  const pod = await run.pod();
  if (pod === null) {
    return 'the run was just over';
  }
  await run.place.cluster.kubectl(['delete', 'pod', pod.name, '--ignore-not-found', '--wait=false', ...how]);
  return `${pod.name} deleted`;
}
