/**
 * A process and everything that it has started, also in groups of their own. In comes a process number, out come those below
 * it in Linux's process table, and signals to all of them.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** The process and its descendants, parents first. Empty when it is gone. */
export function treeOf(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const { pid: child, parent } of processes()) {
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const found: number[] = [];
  const left = [pid];
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    found.push(next);
    left.push(...(children.get(next) ?? []));
  }
  return found;
}

/** The one below `pid` whose command line has this text; null when there is none. */
export function findBelow(pid: number, text: string): number | null {
  return treeOf(pid).find((candidate) => commandLine(candidate).includes(text)) ?? null;
}

/** Whoever is gone by now is left out. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has just ended.
    }
  }
}

function processes(): readonly { readonly pid: number; readonly parent: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const parent = parentOf(name);
      return parent === null ? [] : [{ pid: Number(name), parent }];
    });
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces; state and parent come after it.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
