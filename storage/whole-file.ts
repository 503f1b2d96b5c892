/** Writes a file so that nobody ever sees half of it: under a temporary name, onto the disk, then renamed. */
import { open, rename, rm } from 'node:fs/promises';

/** @throws the file system's error; the file that was there before is then untouched. */
export async function writeWholeFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
