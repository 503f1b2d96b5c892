/**
 * A rank whose parent dies before it has asked to be told. In: nothing. Out: a line once it is an orphan, and another one if it
 * lives on.
 */
import { setTimeout } from 'node:timers/promises';
import { liveWithLauncher } from '../../../trainer-image/mpi/live-with-launcher.ts';

const parent = process.ppid;
process.stdout.write('started\n');
while (process.ppid === parent) {
  await setTimeout(5);
}
process.stdout.write('orphan\n');
liveWithLauncher({ PMI_RANK: '1', PMI_SIZE: '2' });
process.stdout.write('alive\n');
