/** Reads a file that may be missing: the folder's state and a worker's finished videos are found out this way. */
import { readFile } from 'node:fs/promises';
import { hasCode } from '../../../multigrid/object/error-code.ts';

/** @returns `undefined` when there is no such file; every other failure is thrown. */
export async function readBytesIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return undefined;
    }
    throw error;
  }
}
