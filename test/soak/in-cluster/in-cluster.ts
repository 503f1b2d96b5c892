/** A cluster as the ground of a soak: the operator leads pods on real nodes, struck by what can happen in a cluster. */
import { TrainingCluster } from '../../support/cluster/training-cluster.ts';
import type { Ground } from '../ground.ts';
import { FAULTS } from './faults.ts';
import { PodRun } from './pod-run.ts';

/** The ground for `npm run soak`: two nodes of its own, which go with it. */
export async function openCluster(): Promise<Ground<PodRun>> {
  const cluster = await TrainingCluster.start(2);
  return { ...groundOn(cluster), close: () => cluster.down() };
}

/** A cluster that outlasts the soak. */
export function groundOn(cluster: TrainingCluster): Ground<PodRun> {
  return {
    faults: FAULTS,
    skipped: [],
    run: (name) => new PodRun(cluster, name),
    close: () => Promise.resolve(),
  };
}
