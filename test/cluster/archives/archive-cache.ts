/**
 * Archives of what tests have built, images first of all, in the user's cache: a file for each content, made once, by one
 * process at a time. The last few of every kind are kept; an image is hundreds of megabytes.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../binaries/tool-cache.ts';
import { lock } from '../locks/process-lock.ts';
import { claimRunFolder } from '../run-folder/run-folder.ts';

/** Enough for several checkouts that test different states beside each other. */
const KEPT = 4;

/**
 * @param kind - such as the image's name; letters, digits, dots and dashes
 * @param key - of the content
 * @param make - writes the archive to the path; the folder is its own, for whatever else it has to write
 * @returns the path of the archive
 */
export async function cachedArchive(
  kind: string,
  key: string,
  make: (output: string, folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheFolder(), 'images', kind);
  const tarFile = join(folder, `${key}.tar`);
  const held = await lock(`image/${kind}/${key}`, () => undefined);
  try {
    if (!existsSync(tarFile)) {
      mkdirSync(folder, { recursive: true });
      await makeIn(tarFile, make);
      forgetOldest(folder);
    }
    const now = new Date();
    utimesSync(tarFile, now, now); // it was of use today
    return tarFile;
  } finally {
    await held.release();
  }
}

/** The work is in a run folder, which is swept also when this process is killed; the archive appears when complete. */
async function makeIn(
  tarFile: string,
  make: (output: string, folder: string) => Promise<void>,
): Promise<void> {
  const work = await claimRunFolder('image');
  const partial = `${tarFile}.partial`; // ours alone: we hold the lock
  try {
    const output = join(work.path, 'image.tar');
    await make(output, work.path);
    await copyFile(output, partial);
    await rename(partial, tarFile);
  } finally {
    await work.remove();
  }
}

function forgetOldest(folder: string): void {
  const archives = readdirSync(folder)
    .filter((name) => name.endsWith('.tar'))
    .map((name) => ({ path: join(folder, name), usedAt: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.usedAt - a.usedAt);
  for (const { path } of archives.slice(KEPT)) {
    rmSync(path, { force: true });
  }
}
