/**
 * The folder of one running cluster: everything it writes lies in it, and its number gives the cluster addresses and
 * names that no other on this machine has. While the process that claimed a folder lives, so does its lock; a folder
 * without its lock is left over from one that was killed, and whoever claims next sweeps it away.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ProcessLock } from '../locks/process-lock.ts';
import { tryFolderLock } from './folder-lock.ts';
import { startReaper, type Reaper } from './reaper-process.ts';
import { sweep } from './sweep.ts';

/** A control plane on loopback, one with real nodes, or the build of an image: they are counted apart. */
export type ClusterForm = 'plane' | 'nodes' | 'image';

const FORMS: readonly ClusterForm[] = ['plane', 'nodes', 'image'];

/** As many as there are addresses for; each needs memory for a whole cluster. */
const MOST_AT_A_TIME: Readonly<Record<ClusterForm, number>> = { plane: 64, nodes: 16, image: 16 };

/** A path short enough that the sockets below it fit into the 107 bytes of an address. */
export function baseFolder(): string {
  return join(tmpdir(), `multigrid-cluster-${userInfo().uid}`);
}

/** So many clusters run that there is no number left. */
export class TooManyClustersError extends Error {
  constructor(form: ClusterForm) {
    super(`${MOST_AT_A_TIME[form]} test clusters (${form}) run already; end some (npm run cluster:down)`);
    this.name = 'TooManyClustersError';
  }
}

export interface RunFolder {
  readonly path: string;
  /** 0 and up; unique among the running clusters of the form. */
  readonly number: number;
  /** Ends everything the cluster started, removes the folder and gives the number back. */
  remove(): Promise<void>;
}

/** Claims a number and makes its folder; before, removes what killed clusters have left. */
export async function claimRunFolder(form: ClusterForm): Promise<RunFolder> {
  await sweepAbandoned();
  for (let number = 0; number < MOST_AT_A_TIME[form]; number++) {
    const name = `${form}-${number}`;
    const lock = await tryFolderLock(join(baseFolder(), name));
    if (lock !== null) {
      return openFolder(name, number, lock);
    }
  }
  throw new TooManyClustersError(form);
}

async function openFolder(name: string, number: number, lock: ProcessLock): Promise<RunFolder> {
  const path = join(baseFolder(), name);
  await sweep(path); // one that was abandoned since we looked
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const reaper: Reaper = startReaper(path);
  return {
    path,
    number,
    remove: async () => {
      await sweep(path);
      await reaper.dismiss();
      await lock.release();
    },
  };
}

/** Sweeps every folder that nobody holds the lock of. */
async function sweepAbandoned(): Promise<void> {
  mkdirSync(baseFolder(), { recursive: true });
  const names = readdirSync(baseFolder()).filter((name) => FORMS.some((form) => name.startsWith(`${form}-`)));
  for (const name of names) {
    const lock = await tryFolderLock(join(baseFolder(), name));
    if (lock !== null) {
      try {
        await sweep(join(baseFolder(), name));
      } finally {
        await lock.release();
      }
    }
  }
}
