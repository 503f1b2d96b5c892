/**
 * Tells when a job file has a new version: by the operating system's notice where there is one, by looking every
 * quarter of a second where there is none (network folders, used-up watches). In comes a path, out go calls without
 * content, because who is called reads the newest version anyway. Used by the local platform, the trainer's link and
 * the display.
 */
import { LOCKS } from '../multigrid/contract/timings.ts';
import type { FileSignature, FolderWatcher, JobFileEffects } from './file-effects.ts';
import { JOB_FILE_NAME, type JobFile } from './job-file.ts';

/**
 * Calls `onChange` for the version there is now and after every change until `signal` aborts; several changes in a row
 * may be one call, and a call ends before the next begins. Resolves when the signal has aborted, rejects when
 * `onChange` does.
 */
export async function watchJobFile(
  file: JobFile,
  effects: JobFileEffects,
  onChange: () => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let wake = new AbortController();
  const notice = watchFolder(file.folder, effects, () => {
    wake.abort();
  });
  const isOver = (): boolean => signal.aborted;
  let seen = '';
  try {
    while (!isOver()) {
      wake = new AbortController();
      const now = await signatureOf(file.path, effects);
      if (now !== seen) {
        seen = now;
        await onChange();
      }
      await pause(effects, AbortSignal.any([signal, wake.signal]));
    }
  } finally {
    notice?.close();
  }
}

async function pause(effects: JobFileEffects, signal: AbortSignal): Promise<void> {
  try {
    await effects.sleep(LOCKS.pollMs, signal);
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}

/** The file itself is replaced at every write, so its folder is watched. Null when the system gives no notice. */
function watchFolder(folder: string, effects: JobFileEffects, wake: () => void): FolderWatcher | null {
  try {
    const watcher = effects.watch(folder, { persistent: false }, (_event, name) => {
      if (name === null || name === JOB_FILE_NAME) {
        wake();
      }
    });
    watcher.on('error', () => {
      // Notice has become impossible (watches used up, folder moved): polling goes on alone.
      watcher.close();
    });
    return watcher;
  } catch {
    return null;
  }
}

async function signatureOf(path: string, effects: JobFileEffects): Promise<string> {
  try {
    const { ino, mtimeMs, size }: FileSignature = await effects.fs.stat(path);
    return `${ino}:${mtimeMs}:${size}`;
  } catch {
    // Moved or deleted: whoever reads it is told why.
    return 'missing';
  }
}
