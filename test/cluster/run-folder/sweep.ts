/**
 * Removes a cluster from the host, whatever state it is in: its processes, found by a mark in their environment; the
 * control groups of its nodes; the interface that leads to them; its folder. Mounts and namespaces go with the processes.
 * The same for an orderly `down`, for the reaper when the owner was killed, and for the next `up` when the reaper was
 * killed too.
 */
import { hasCode } from '../../../storage/error-code.ts';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startTime } from './process-identity.ts';

/** Every process of a cluster has the path of its folder here. */
export const CLUSTER_MARK = 'MULTIGRID_TEST_CLUSTER';

/** The file of a run folder with the name of the cluster that kind made. */
export const KIND_NOTE = 'kind-cluster';

const CGROUPS = '/sys/fs/cgroup';
const STEP_MS = 20;
const PATIENCE_MS = 120_000;

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
  await removeLink(hostLink(folder));
  await deleteKindCluster(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** When the cluster in the folder is kind's, only kind can delete it. */
async function deleteKindCluster(folder: string): Promise<void> {
  const note = join(folder, KIND_NOTE);
  if (existsSync(note)) {
    await promisify(execFile)('kind', ['delete', 'cluster', '--name', readFileSync(note, 'utf8')]);
  }
}

/** The network interface of this machine that leads into the cluster in this folder. */
export function hostLink(folder: string): string {
  return basename(folder).replace('nodes-', 'mgt');
}

/**
 * The kernel takes it away after the last process of the network behind it, but not at once, and meanwhile the next cluster
 * of this number cannot have its name.
 */
async function removeLink(name: string): Promise<void> {
  const path = join('/sys/class/net', name);
  const deadline = performance.now() + PATIENCE_MS;
  while (existsSync(path)) {
    await promisify(execFile)('ip', ['link', 'delete', name]).catch(() => {
      // Gone meanwhile, or about to go: looking again tells.
    });
    if (performance.now() > deadline) {
      throw new LeftoverError(`network interface ${name}`);
    }
    await sleep(STEP_MS);
  }
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

/**
 * A process that is being killed loses its memory, and with it the mark, a moment before it is gone: whoever was seen once is
 * waited for by its start time.
 */
async function endProcesses(folder: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const seen = new Map<number, string | undefined>();
  for (;;) {
    clusterProcesses(folder).forEach((pid) => seen.set(pid, startTime(pid)));
    const alive = [...seen].filter(([pid, born]) => born !== undefined && startTime(pid) === born);
    if (alive.length === 0) {
      return;
    }
    const pids = alive.map(([pid]) => pid);
    if (performance.now() > deadline) {
      throw new LeftoverError(`processes ${pids.join(', ')} of ${folder} do not end`);
    }
    pids.forEach(kill);
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
  const deadline = performance.now() + PATIENCE_MS;
  // In version 2 there is one hierarchy, at the root itself.
  for (const hierarchy of ['', ...list(CGROUPS)]) {
    const path = join(CGROUPS, hierarchy, name);
    // A group is busy until the kernel has taken its last process apart.
    while (!removeGroup(path)) {
      if (performance.now() > deadline) {
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
