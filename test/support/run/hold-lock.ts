/**
 * A process that takes a lock many times and, while it holds it, creates and removes a file that must not be there
 * already: `hold-lock.ts FOLDER TIMES`. With TIMES 0 it takes the lock once and keeps it until it is killed.
 */
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeEffects } from '../../../job-store/node-effects.ts';
import { acquireLock } from '../../../job-store/file-lock.ts';

const [folder = '', times = '0'] = process.argv.slice(2);
const lockPath = join(folder, 'lock');
const options = { timeoutMs: 30_000, staleAfterMs: 60_000 };

if (times === '0') {
  await acquireLock(lockPath, nodeEffects, options);
  await writeFile(join(folder, 'held'), '');
  await nodeEffects.sleep(600_000);
}
for (let count = 0; count < Number(times); count += 1) {
  const lock = await acquireLock(lockPath, nodeEffects, options);
  const inside = join(folder, 'inside');
  await (await open(inside, 'wx')).close();
  await rm(inside);
  await lock.release();
}
