/**
 * How a rank ends that cannot come to the end with the others: by taking them along. In: an exit code. Out: nothing; the process
 * is gone. A process that just exited would leave the others waiting for it, for ever.
 */
import { openLibrary, type OpenLibrary } from '../native/c-library.ts';
import { MpiFunctions } from './mpi-functions.ts';

/** For the last lines to be read, and for MPI to tell its launcher. */
const ABORT_SECONDS = 5;
const LAST_LINES_MS = 2000;
const NAP_MS = 5;
const OUTPUTS = [1, 2];
/** Of Linux: how many bytes of a pipe nobody has read. */
const FIONREAD = 0x541b;

/**
 * Ends all ranks with the exit code. If MPI does not get that far, the kernel ends this process, and the launcher, which sees
 * that, the others.
 */
export function abortRanks(library: string, exitCode: number): never {
  try {
    const libc = openLibrary('libc.so.6');
    if (typeof libc !== 'string') {
      // The signal's default ends the process whatever its threads do.
      libc.function('alarm', 'unsigned int', ['unsigned int'])(ABORT_SECONDS);
      awaitReader(libc);
    }
    new MpiFunctions(library).abort(exitCode);
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
  throw new Error('a process that was killed goes on');
}

/** The launcher reads no more of a rank's output once that has aborted: what it said of the reason would be lost. */
function awaitReader(libc: OpenLibrary): void {
  const ioctl = libc.function('ioctl', 'int', ['int', 'ulong', 'void *']);
  const unread = new Int32Array(1);
  const bed = new Int32Array(new SharedArrayBuffer(4));
  const isUnread = (output: number): boolean =>
    Number(ioctl(output, FIONREAD, unread)) === 0 && (unread[0] ?? 0) > 0;
  for (let leftMs = LAST_LINES_MS; leftMs > 0 && OUTPUTS.some(isUnread); leftMs -= NAP_MS) {
    Atomics.wait(bed, 0, 0, NAP_MS);
  }
}
