/**
 * A trainer that hangs, as by a driver that never returns: its process is stopped, all of its connections stay open. In
 * comes the name of a pod whose containers are processes of this machine. Needs root.
 */
import { readdir, readFile } from 'node:fs/promises';

/**
 * Stops the first process of the pod's trainer; only SIGKILL ends it then. A signal from inside the pod could not: the
 * first process of a namespace is stopped from outside only.
 *
 * @returns lets it go on
 * @throws Error if no process of this machine is that pod's
 */
export async function hangTrainer(pod: string): Promise<() => void> {
  const entries = await readdir('/proc');
  for (const entry of entries.filter((name) => /^\d+$/.test(name))) {
    if (await isFirstOf(pod, entry)) {
      const pid = Number(entry);
      process.kill(pid, 'SIGSTOP');
      return () => {
        process.kill(pid, 'SIGCONT');
      };
    }
  }
  throw new Error(`no process of this machine is the trainer of pod ${pod}`);
}

async function isFirstOf(pod: string, pid: string): Promise<boolean> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    if (!environment.split('\0').includes(`MULTIGRID_POD_NAME=${pod}`)) {
      return false;
    }
    // Its number here, in the node and in the container.
    return /^NSpid:.*\s1$/m.test(await readFile(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false; // it has ended since it was listed
  }
}
