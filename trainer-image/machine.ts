/**
 * What this process may use: cores (those of the machine, or fewer where a container has a limit, which Node does not see),
 * memory, and the threads that its pool then needs. In: the control group's files, what Node says of the machine. Out:
 * plain numbers. Everything here is synchronous: reading a file any other way starts the pool, whose size is then fixed.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';

/** Reads a file; throws when there is none. */
export type ReadText = (path: string) => string;

export interface Machine {
  /** Cores for computing, at least 1. */
  readonly cores: number;
  readonly memoryBytes: number;
}

const UNIFIED = '/sys/fs/cgroup/cpu.max';
/** Version 1 mounts the controller under either name. */
const FOLDERS_V1 = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct'];

/**
 * Threads of libuv's pool that no run of a graph ever takes: for the lock's heartbeat, checkpoints, reading of files, name
 * look-ups, and the sessions of the next phase.
 */
export const THREADS_BESIDE_LANES = 6;
/** What libuv makes of any larger number. */
const MOST_THREADS = 1024;

/** The machine as this process may use it. */
export function readMachine(readText: ReadText = (path) => readFileSync(path, 'utf8')): Machine {
  return {
    cores: usableCores(availableParallelism(), readCpuQuota(readText)),
    memoryBytes: processMemoryBytes(totalmem(), process.constrainedMemory()),
  };
}

/**
 * Threads of the pool for a trainer on so many cores. A run of a graph holds a thread until it ends, seconds or minutes, and
 * everything asynchronous that files and names need waits for a free one.
 *
 * @param asked - UV_THREADPOOL_SIZE as it was found; a larger number stays.
 */
export function threadPoolSize(cores: number, asked?: string): number {
  const wanted = Number(asked);
  const needed = cores + THREADS_BESIDE_LANES;
  return Math.min(MOST_THREADS, Number.isInteger(wanted) ? Math.max(wanted, needed) : needed);
}

/** Runs of a graph that may be in flight at once on so many cores, so that the pool keeps threads for everything else. */
export function lanesWithinPool(cores: number): number {
  return Math.min(cores, MOST_THREADS - THREADS_BESIDE_LANES);
}

/** The CPU limit of the container, in cores; null when there is none. */
export function readCpuQuota(readText: ReadText): number | null {
  const read = (path: string): string | null => {
    try {
      return readText(path);
    } catch {
      return null;
    }
  };
  const unified = read(UNIFIED);
  if (unified !== null) {
    const [quota, period] = unified.trim().split(/\s+/);
    return coresOf(quota, period);
  }
  for (const folder of FOLDERS_V1) {
    const quota = read(`${folder}/cpu.cfs_quota_us`);
    if (quota !== null) {
      return coresOf(quota, read(`${folder}/cpu.cfs_period_us`) ?? undefined);
    }
  }
  return null;
}

/**
 * Whole cores for computing. What a limit has beyond a whole number is left to the decoders: one lane more would only have
 * all of them stopped together at the end of every period.
 */
export function usableCores(available: number, quota: number | null): number {
  return quota === null ? available : Math.max(1, Math.min(available, Math.floor(quota)));
}

/**
 * The memory of this process: the machine's, or less where a container is limited.
 *
 * @param constrainedBytes - as Node gives it: the control group's limit, 0 or more than the machine has when there is none.
 */
export function processMemoryBytes(machineBytes: number, constrainedBytes: number): number {
  return constrainedBytes > 0 ? Math.min(machineBytes, constrainedBytes) : machineBytes;
}

/** `max` and -1 both mean no limit. */
function coresOf(quota: string | undefined, period: string | undefined): number | null {
  const cores = Number(quota) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : null;
}
