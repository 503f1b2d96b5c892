/**
 * Folders that need not be there yet. In: a path. Out: the folder is there, or the system's own error: Node's recursive
 * mkdir looks again after a failure and then says ENOENT whatever the disk has said.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorName } from './trouble.ts';

/** Makes the folder unless it is there; the folders on the way to it must be. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (systemErrorName(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) {
      throw error;
    }
  }
}

/** Makes the folder and those on the way to it. */
export async function makeFolders(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (error) {
    const parent = dirname(path);
    if (systemErrorName(error) !== 'ENOENT' || parent === path) {
      throw error;
    }
    await makeFolders(parent);
    await makeFolder(path);
  }
}
