/** Files that need not be there: tells "there is no such file" from other failures of the file system. */
import { readFile } from 'node:fs/promises';
import { hasCode } from './error-code.ts';

export function isMissingFile(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}

/** The file's text, or null when there is no such file; every other failure is thrown. */
export async function readIfThere(path: string): Promise<string | null> {
  return (await readBytesIfThere(path))?.toString('utf8') ?? null;
}

/** The file's bytes, or undefined when there is no such file; every other failure is thrown. */
export async function readBytesIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissingFile(error)) {
      return undefined;
    }
    throw error;
  }
}
