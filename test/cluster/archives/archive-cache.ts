/**
 * Archives and folders of what tests have built, images first of all, in the user's cache: one for each content, made once,
 * by one process at a time. The last few of every kind are kept; an image is hundreds of megabytes.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../binaries/tool-cache.ts';
import { lock } from '../locks/process-lock.ts';
import { claimRunFolder } from '../run-folder/run-folder.ts';

const run = promisify(execFile);

/** Writes what is kept to the path; the folder is its own, for whatever else it has to write. */
type Make = (output: string, folder: string) => Promise<void>;

/** Enough for several checkouts that test different states beside each other. */
const KEPT = 4;

const PARTIAL = '.partial';

/**
 * @param kind - such as the image's name; letters, digits, dots and dashes
 * @param key - of the content
 * @returns the path of the archive
 */
export function cachedArchive(kind: string, key: string, make: Make): Promise<string> {
  return cached(kind, `${key}.tar`, make);
}

/** As cachedArchive, of a folder. */
export function cachedFolder(kind: string, key: string, make: Make): Promise<string> {
  return cached(kind, key, make);
}

async function cached(kind: string, name: string, make: Make): Promise<string> {
  const folder = join(cacheFolder(), 'images', kind);
  const path = join(folder, name);
  const held = await lock(`image/${kind}/${name}`, () => undefined);
  try {
    if (!existsSync(path)) {
      mkdirSync(folder, { recursive: true });
      await makeIn(path, make);
      forgetOldest(folder);
    }
    const now = new Date();
    utimesSync(path, now, now); // it was of use today
    return path;
  } finally {
    await held.release();
  }
}

/** The work is in a run folder, which is swept also when this process is killed; what is kept appears when complete. */
async function makeIn(path: string, make: Make): Promise<void> {
  const work = await claimRunFolder('image');
  const partial = `${path}${PARTIAL}`; // ours alone: we hold the lock
  try {
    const output = join(work.path, 'output');
    await make(output, work.path);
    rmSync(partial, { recursive: true, force: true });
    // Within a file system, which is the rule, this copies nothing.
    await run('mv', ['--no-target-directory', output, partial]);
    await rename(partial, path);
  } finally {
    await work.remove();
  }
}

function forgetOldest(folder: string): void {
  const kept = readdirSync(folder)
    .filter((name) => !name.endsWith(PARTIAL))
    .map((name) => ({ path: join(folder, name), usedAt: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.usedAt - a.usedAt);
  for (const { path } of kept.slice(KEPT)) {
    rmSync(path, { recursive: true, force: true });
  }
}
