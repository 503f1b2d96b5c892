/**
 * The note in a run folder that says which process holds a person's cluster. Written by holder.ts; `npm run cluster:down`
 * finds the clusters by it, and leaves those of running tests alone.
 */
import { hasFields } from '../../../multigrid/json/fields.ts';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTime } from '../run-folder/process-identity.ts';
import { baseFolder } from '../run-folder/run-folder.ts';

const FILE = 'holder.json';

/** How the start of a cluster went. */
export type HolderMessage = { readonly kubeconfig: string } | { readonly error: string };

export interface Holder {
  readonly folder: string;
  readonly pid: number;
}

/** Notes that this process holds the cluster in the folder. */
export function writeHolder(folder: string): void {
  writeFileSync(join(folder, FILE), JSON.stringify({ pid: process.pid, startTime: startTime(process.pid) }));
}

/** The living holders. */
export function findHolders(): readonly Holder[] {
  return listRunFolders().flatMap((folder) => {
    const pid = readHolder(folder);
    return pid === null ? [] : [{ folder, pid }];
  });
}

function readHolder(folder: string): number | null {
  try {
    const note: unknown = JSON.parse(readFileSync(join(folder, FILE), 'utf8'));
    return isNote(note) && startTime(note.pid) === note.startTime ? note.pid : null;
  } catch {
    return null; // a test's cluster, or none any more
  }
}

function isNote(value: unknown): value is { readonly pid: number; readonly startTime: string } {
  return hasFields(value, 'number', ['pid']) && hasFields(value, 'string', ['startTime']);
}

function listRunFolders(): string[] {
  try {
    return readdirSync(baseFolder()).map((name) => join(baseFolder(), name));
  } catch {
    return []; // there has never been a cluster
  }
}
