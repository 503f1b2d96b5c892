/**
 * Why a decoder says nothing. In come its process and the file it works on, out comes whether it waits for a disk rather
 * than for itself: it uses no processor time, and the file is one that a disk serves. Only Linux tells; elsewhere the
 * answer is no.
 */
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { sleep } from '../../../timing/timers.ts';

/** How long the process is watched, milliseconds. */
const WATCH_MS = 500;
/** A disk that does not even say what kind of file this is within that time has the answer in its silence. */
const STAT_MS = 1000;

export async function waitsForDisk(pid: number | undefined, path: string): Promise<boolean> {
  const before = pid === undefined ? null : processorTicks(pid);
  await sleep(WATCH_MS);
  const after = pid === undefined ? null : processorTicks(pid);
  if (before === null || before !== after) {
    return false;
  }
  // A pipe, a terminal: whoever reads it waits for ever, and no disk is to blame.
  const answered = new AbortController();
  const isServed = stat(path).then(
    (file) => file.isFile(),
    () => true,
  );
  const isOver = sleep(STAT_MS, answered.signal).then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([isServed, isOver]);
  } finally {
    answered.abort();
  }
}

/** Processor time used so far, in the kernel's unit (10 ms as a rule); null where it cannot be known. */
function processorTicks(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces; user and system time come after it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return null;
  }
}
