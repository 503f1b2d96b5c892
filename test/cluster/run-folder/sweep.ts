/**
 * Removes a cluster from the host, whatever state it is in: its processes, found by a mark in their environment; the
 * control groups of its nodes; its folder. Networks, mounts and namespaces go with the processes. The same for an
 * orderly `down`, for the reaper when the owner was killed, and for the next `up` when the reaper was killed too.
 */
import { readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Every process of a cluster has the path of its folder here. */
export const CLUSTER_MARK = 'MULTIGRID_TEST_CLUSTER';

const CGROUPS = '/sys/fs/cgroup';
const STEP_MS = 20;
const PATIENCE_MS = 30_000;

/** Something of a cluster could not be removed. */
export class LeftoverError extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(`the test cluster left something behind: ${what}`, options);
    this.name = 'LeftoverError';
  }
}

/**
 * Does nothing when there is nothing.
 *
 * @throws LeftoverError
 */
export async function sweep(folder: string): Promise<void> {
  await endProcesses(folder);
  await removeCgroups(cgroupName(folder));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** The control group, in every hierarchy, below which the nodes of the cluster in this folder have theirs. */
export function cgroupName(folder: string): string {
  return `multigrid-${basename(folder)}`;
}

/** The ids of the living processes of the cluster in this folder. */
export function clusterProcesses(folder: string): number[] {
  const mark = `${CLUSTER_MARK}=${folder}`;
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && environment(pid).includes(mark));
}

/** Empty for the processes of others, for kernel threads and for those that have just ended. */
function environment(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

async function endProcesses(folder: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const alive = clusterProcesses(folder);
    if (alive.length === 0) {
      return;
    }
    if (Date.now() > deadline) {
      throw new LeftoverError(`processes ${alive.join(', ')} of ${folder} do not end`);
    }
    for (const pid of alive) {
      kill(pid);
    }
    await sleep(STEP_MS);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) {
      throw new LeftoverError(`process ${pid}`, { cause: error });
    }
  }
}

async function removeCgroups(name: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (const hierarchy of list(CGROUPS)) {
    const path = join(CGROUPS, hierarchy, name);
    // A group is busy until the kernel has taken its last process apart.
    while (!removeGroup(path)) {
      if (Date.now() > deadline) {
        throw new LeftoverError(`control group ${path}`);
      }
      await sleep(STEP_MS);
    }
  }
}

/** Children first; a group is not a folder whose files could be deleted. */
function removeGroup(path: string): boolean {
  const children = list(path).map((child) => removeGroup(join(path, child)));
  try {
    rmdirSync(path);
    return children.every(Boolean);
  } catch (error) {
    return hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR');
  }
}

/** The folders in a folder; none when it is not there. */
function list(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

function hasCode(error: unknown, code: string): boolean {
  // No instanceof: under jest Node's own errors are of another realm.
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
