/**
 * One machine as the ground of a soak: `multigrid run` on small videos, on disks that can be filled and go away, struck by
 * what can happen to processes, disks and clocks.
 */
import type { Ground } from '../ground.ts';
import { possibleFaults } from './faults.ts';
import { SoakJob } from './soak-job.ts';
import { SoakRun } from './soak-run.ts';

export async function openOneMachine(): Promise<Ground<SoakRun>> {
  const job = await SoakJob.make();
  return {
    ...possibleFaults(),
    run: (name) => new SoakRun(job, name),
    close: () => job.remove(),
  };
}
