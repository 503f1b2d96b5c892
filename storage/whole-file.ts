/**
 * Writes a file so that nobody ever sees half of it: under a temporary name, onto the disk, then renamed, and the folder
 * onto the disk too. May be done again after any failure. What a killed write leaves behind has a name that tells.
 */
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorName } from './trouble.ts';

/** Ending of the names of files that are being written. */
export const UNFINISHED = '.part';

/** A file could not be written. What the system said is its cause. */
export class FileWriteError extends Error {
  override readonly name = 'FileWriteError';

  constructor(path: string, cause: unknown) {
    super(`${path} cannot be written: ${Error.isError(cause) ? cause.message : String(cause)}`, { cause });
  }
}

/** @throws {@link FileWriteError}; the file that was there before is then untouched. */
export async function writeWholeFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}${UNFINISHED}`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // What cannot be removed either is removed by whoever opens the folder next; the first error is the one that tells.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new FileWriteError(path, error);
  }
  await syncFolder(dirname(path));
}

/** A rename is only on the disk once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some network disks know no such thing for folders.
    if (systemErrorName(error) !== 'EINVAL') {
      throw error;
    }
  } finally {
    await folder.close();
  }
}
