/** Reads a file that may be missing: the folder's state and a worker's finished videos are found out this way. */
import { readFile } from 'node:fs/promises';

/** @returns `undefined` when there is no such file; every other failure is thrown. */
export async function readBytesIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
