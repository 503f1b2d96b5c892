/**
 * Starts the reaper: a process in a session of its own that outlives the one that owns a cluster, notices its end by the
 * pipe between them, and removes what is left. An orderly end dismisses it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const REAPER = join(import.meta.dirname, 'reaper.ts');

export interface Reaper {
  /** Ends it without work, when the cluster is gone. */
  dismiss(): Promise<void>;
}

/** The pipe closes with this process, however that ends. */
export function startReaper(folder: string): Reaper {
  const args = ['--disable-warning=ExperimentalWarning', REAPER, folder, String(process.pid)];
  // Under jest the process above a worker is the test run; when that is killed, its workers would go on.
  const isWorker = process.env['JEST_WORKER_ID'] !== undefined && process.send !== undefined;
  const above = isWorker ? [String(process.ppid)] : [];
  const child = spawn(process.execPath, [...args, ...above], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  child.unref();
  const ended = once(child, 'exit');
  return {
    dismiss: async () => {
      child.ref();
      child.stdin.end('dismissed\n');
      await ended;
    },
  };
}
