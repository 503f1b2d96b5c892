/**
 * The entry of a job of several workers on one machine, in the place of the trainer's own. SIGTERM is passed on to all of them, which
 * save a checkpoint and end; when the process that started this one vanishes, all of them end at once, by the end of this one.
 */
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import { LauncherFailedError } from '../mpi/mpi-errors.ts';
import { failureOf } from '../train/progress/failure-of.ts';
import { worldOf } from '../world.ts';
import { launchRanks } from './launch-ranks.ts';

const stop = new AbortController();
process.on('SIGTERM', () => {
  stop.abort();
});
process.once('disconnect', () => {
  // The first rank hears of it by the end of its input.
  process.kill(process.pid, 'SIGKILL');
});
for (const stream of [process.stdout, process.stderr]) {
  // The log may lie on the disk that is away: lines are lost then, and training is not.
  stream.on('error', () => undefined);
}

try {
  const { worldSize: workers } = worldOf(process.env);
  process.exitCode = await launchRanks({
    ...{ workers, env: process.env, stop: stop.signal },
    write: (line) => {
      process.stdout.write(`${line}\n`);
    },
  });
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = error instanceof LauncherFailedError ? EXIT.notStarted : failureOf(error).exitCode;
}
if (process.connected) {
  process.removeAllListeners('disconnect');
  process.disconnect();
}
