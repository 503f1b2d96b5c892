/**
 * The videos of a small job: 64 to train on, 16 to validate with and 16 to test with. In comes a folder, and there they are,
 * with their lists. Encoding them takes some seconds of processor time, so an archive of them is kept for all suites, by a hash
 * of what they are made with; each folder has its own copy, to do damage in.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeMovingDigits } from '../../cli/dataset/moving-digits/make.ts';
import { cachedArchive, hashContext } from '../cluster/cluster.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const MAKER = join(ROOT, 'cli', 'dataset', 'moving-digits');
/** What the maker builds on: the versions of the encoder and of the pictures, and random numbers. */
const FOUNDATIONS = ['package-lock.json', 'trainer-image/data/philox.ts'];

/** @param folder - that is not there yet, or is empty */
export async function putSmallVideos(folder: string): Promise<void> {
  if (process.platform !== 'linux') {
    // Without the locks that the archives need.
    await completeSmallVideos(folder);
    return;
  }
  const archive = await cachedArchive('small-videos', await keyOfMaker(), async (output, workFolder) => {
    const videos = join(workFolder, 'videos');
    await completeSmallVideos(videos);
    await run('tar', ['-cf', output, '-C', videos, '.']);
  });
  await mkdir(folder, { recursive: true });
  await run('tar', ['-xf', archive, '-C', folder, '--no-same-owner']);
}

/** Makes what is missing or damaged. Returns how many videos that were. */
export async function completeSmallVideos(output: string): Promise<number> {
  const options = { output, train: 64, val: 16, test: 16, workers: 2 };
  return (await makeMovingDigits(options, () => undefined, new AbortController().signal)).made;
}

async function keyOfMaker(): Promise<string> {
  const hash = createHash('sha256').update(process.arch);
  hashContext(hash, MAKER);
  for (const path of FOUNDATIONS) {
    hash.update(await readFile(join(ROOT, path)));
  }
  return hash.digest('hex').slice(0, 16);
}
