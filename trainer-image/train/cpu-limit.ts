/**
 * How many cores this process may use: those of the machine, or fewer where a container has a limit, which Node does not
 * see. In: what the control group's files say. Out: whole cores. Pure but for `readCpuQuota`; called by main.ts.
 */

/** Reads a file; rejects when there is none. */
export type ReadText = (path: string) => Promise<string>;

const UNIFIED = '/sys/fs/cgroup/cpu.max';
/** Version 1 mounts the controller under either name. */
const FOLDERS_V1 = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/cpu,cpuacct'];

/** The CPU limit of the container, in cores; null when there is none. */
export async function readCpuQuota(readText: ReadText): Promise<number | null> {
  const read = (path: string): Promise<string | null> => readText(path).catch(() => null);
  const unified = await read(UNIFIED);
  if (unified !== null) {
    const [quota, period] = unified.trim().split(/\s+/);
    return coresOf(quota, period);
  }
  for (const folder of FOLDERS_V1) {
    const quota = await read(`${folder}/cpu.cfs_quota_us`);
    if (quota !== null) {
      return coresOf(quota, (await read(`${folder}/cpu.cfs_period_us`)) ?? undefined);
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

/** `max` and -1 both mean no limit. */
function coresOf(quota: string | undefined, period: string | undefined): number | null {
  const cores = Number(quota) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : null;
}
