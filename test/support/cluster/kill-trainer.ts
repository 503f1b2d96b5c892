/**
 * Ends a trainer as the kernel does when memory is short: its process is gone, without a word, while its pod and its node
 * live. In comes the uid of a pod. Nodes of the test cluster run on this machine, so their processes can be found here.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const PROCESSES = '/proc';
const ENTRY = 'trainer-image/main.ts';

/** @throws Error when no trainer of that pod runs on this machine */
export async function killTrainer(podUid: string): Promise<void> {
  for (const pid of (await readdir(PROCESSES)).filter((name) => /^\d+$/.test(name))) {
    if ((await isTrainer(pid)) && isIn(await textOf(pid, 'cgroup'), podUid)) {
      process.kill(Number(pid), 'SIGKILL');
      return;
    }
  }
  throw new Error(`no trainer of pod ${podUid} runs on this machine`);
}

/** Where a pod has a supervisor, the ones that it has started. */
async function isTrainer(pid: string): Promise<boolean> {
  const [, file, ...args] = (await textOf(pid, 'cmdline')).split('\0');
  if (file?.endsWith(ENTRY) !== true || args.join('') !== '') {
    return false;
  }
  const env = (await textOf(pid, 'environ')).split('\0');
  const isOfSeveral = env.some((line) => /^MULTIGRID_WORLD_SIZE=(?!1$)/.test(line));
  return !isOfSeveral || env.some((line) => line.startsWith('PMI_RANK='));
}

/** Some runtimes write the uid with other dashes into the name of the group. */
function isIn(cgroup: string, podUid: string): boolean {
  return cgroup.replaceAll('_', '-').includes(podUid);
}

/** Empty when the process has ended meanwhile. */
async function textOf(pid: string, file: string): Promise<string> {
  return readFile(join(PROCESSES, pid, file), 'utf8').catch(() => '');
}
