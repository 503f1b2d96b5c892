/**
 * Tells a file that is not there from a disk that is not there. In come the paths of files that were used, and later the
 * path of one that is missing; out comes whether a folder on the way to it has vanished that was there before: it is gone,
 * or it is the empty folder that a mount leaves behind.
 */
import { readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMissing, troubleOf } from './trouble.ts';

export class KnownFolders {
  readonly #known = new Set<string>();

  /** Notes that a file was there, and so were the folders on the way to it. */
  saw(path: string): void {
    for (let folder = dirname(path); !this.#known.has(folder); folder = dirname(folder)) {
      this.#known.add(folder);
    }
  }

  /**
   * @param path - of a file that was not found
   * @throws the file system's error when the folders cannot be looked at for another reason than a disk that is away
   */
  async hasVanished(path: string): Promise<boolean> {
    let gone: string | null = null;
    try {
      let folder = dirname(path);
      while (folder !== dirname(folder) && !(await isFolder(folder))) {
        gone = folder;
        folder = dirname(folder);
      }
      if (gone !== null && this.#known.has(gone)) {
        return true;
      }
      return this.#known.has(folder) && (await readdir(folder)).length === 0;
    } catch (error) {
      if (troubleOf(error) === 'passing') {
        return true;
      }
      throw error;
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) {
      return false;
    }
    throw error;
  }
}
