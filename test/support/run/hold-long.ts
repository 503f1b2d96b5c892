/**
 * A process that takes a lock as a trainer in a pod does and keeps it: `hold-long.ts FOLDER POD`. It says that it has it in
 * the file `held`, and ends with code 75 when another one has taken the lock over.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireLock } from '../../../job-store/file-lock.ts';
import { nodeEffects } from '../../../job-store/node-effects.ts';

const [folder = '', pod = ''] = process.argv.slice(2);
const times = { timeoutMs: 30_000, staleAfterMs: 1000, beatMs: 100, isLongHeld: true };
const lock = await acquireLock(join(folder, 'lock'), { ...nodeEffects, host: pod }, { ...times, pod });
lock.lost.addEventListener('abort', () => {
  process.exit(75);
});
await writeFile(join(folder, 'held'), '');
