/**
 * Ends all that a supervisor has started, however far away it has gone: ranks are children of a proxy that may be dead, and in
 * process groups of their own. In: a variable of their environment with a value that nobody else has. Out: how many there were.
 */
import { readdir, readFile } from 'node:fs/promises';
import { sleep } from '../../timing/timers.ts';

export interface Mark {
  readonly name: string;
  readonly value: string;
}

/** A process that was killed needs a moment to be gone, more when it gives back much memory. */
const ROUND_MS = 20;
const MOST_ROUNDS = 500;

/** Processes would not die: they hang in the kernel, most often on a disk or a device. */
export class ProcessesRemainError extends Error {
  override readonly name = 'ProcessesRemainError';
}

/**
 * Kills them and waits until none is left.
 *
 * @throws ProcessesRemainError
 */
export async function endMarked(mark: Mark): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const pids = await markedProcesses(mark);
    if (pids.length === 0) {
      return;
    }
    for (const pid of pids) {
      killIfThere(pid);
    }
    await sleep(ROUND_MS);
  }
  throw new ProcessesRemainError(
    `processes ${(await markedProcesses(mark)).join(', ')} do not end, ${(ROUND_MS * MOST_ROUNDS) / 1000} s after SIGKILL`,
  );
}

async function markedProcesses({ name, value }: Mark): Promise<readonly number[]> {
  const wanted = `${name}=${value}`;
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const isMarked = await Promise.all(pids.map((pid) => environmentHas(pid, wanted)));
  return pids.filter((_, index) => isMarked[index]);
}

/** One that has ended, a zombie too, and one of somebody else have none that could be read. */
async function environmentHas(pid: number, wanted: string): Promise<boolean> {
  try {
    return (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0').includes(wanted);
  } catch {
    return false;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}
