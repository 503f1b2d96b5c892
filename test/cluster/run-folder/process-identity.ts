/** Tells a process from a later one that the kernel gave the same id. */
import { readFileSync } from 'node:fs';

/** @returns when the process was started, in the kernel's ticks; undefined when there is none */
export function startTime(pid: number): string | undefined {
  try {
    // The command's name in the second field may hold anything but a last `)`.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()?.split(' ')[19];
  } catch {
    return undefined;
  }
}
