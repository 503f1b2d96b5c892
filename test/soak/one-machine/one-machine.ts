/**
 * One machine as the ground of a soak: `multigrid run` on small videos, on disks that can be filled and go away, struck by
 * what can happen to processes, disks and clocks.
 */
import type { Ground } from '../ground.ts';
import { differencesBetween, type Results, resultsIn } from '../results.ts';
import { possibleFaults } from './faults.ts';
import { SoakJob } from './soak-job.ts';
import { SoakRun } from './soak-run.ts';

export async function openOneMachine(): Promise<Ground<SoakRun>> {
  const job = await SoakJob.make();
  let calm: Results | null = null;
  return {
    ...possibleFaults(),
    run: (name) => new SoakRun(job, name),
    takeForCalm: async (name) => {
      calm = await resultsIn(job.behind(name));
    },
    differences: async (name) => differencesBetween(calm!, await resultsIn(job.behind(name))),
    removeRun: (name) => job.removeRun(name),
    close: () => job.remove(),
  };
}
