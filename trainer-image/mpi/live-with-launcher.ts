/**
 * A rank lives no longer than those that started it. In: the environment of the process. Out: nothing; whatever ends the launcher,
 * or the process that started that, ends this one too, and with it its share of the machine and its decoders.
 */
import { stdin } from 'node:process';
import { openLibrary } from '../native/c-library.ts';
import { launchedRank } from './launched.ts';

/** Of Linux: the signal that this process gets when its parent dies. */
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
/** What takes orphans in: the first process of a machine or container, which starts no rank itself. */
const INIT = 1;
/** Who started this process, as early as can be told. */
const parent = process.ppid;

export function liveWithLauncher(env: Readonly<Record<string, string | undefined>>): void {
  const rank = launchedRank(env);
  if (rank === null) {
    return;
  }
  const libc = openLibrary('libc.so.6');
  if (typeof libc !== 'string') {
    libc.function('prctl', 'int', ['int', 'ulong'])(PR_SET_PDEATHSIG, SIGKILL);
    if (process.ppid !== parent || parent === INIT) {
      // It has died before the signal was asked for.
      process.kill(process.pid, 'SIGKILL');
    }
  }
  if (rank === 0) {
    // The launcher passes its input on, which ends with the process that holds its other end.
    stdin.once('end', () => {
      process.kill(process.pid, 'SIGKILL');
    });
    stdin.resume().unref();
  }
}
