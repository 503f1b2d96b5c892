/** Tells a process from a later one that the kernel gave the same id. */
import { readFileSync } from 'node:fs';

/**
 * @returns when the process was started, in the kernel's ticks; undefined when there is none, or a dead one that its parent
 * has not looked at yet
 */
export function startTime(pid: number): string | undefined {
  let fields: string[];
  try {
    // The command's name in the second field may hold anything but a last `)`.
    fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()?.split(' ') ?? [];
  } catch {
    return undefined;
  }
  const [state] = fields;
  return state === 'Z' || state === 'X' ? undefined : fields[19];
}
