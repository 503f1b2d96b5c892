/**
 * The reaper's main: `reaper.ts FOLDER OWNER_PID [TEST_RUN_PID]`. Waits until standard input ends. When the owner said
 * `dismissed` before, it ends; else the owner was killed, and the cluster in the folder is swept away. When the test
 * run above the owner is gone, the owner is an orphan that nobody waits for, and is ended first.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { tryFolderLock } from './folder-lock.ts';
import { startTime } from './process-identity.ts';
import { sweep } from './sweep.ts';

const LOCK_ATTEMPTS = 20;
const LOCK_PERIOD_MS = 100;
const LOOK_PERIOD_MS = 1000;

const [folder, owner, testRun] = process.argv.slice(2);
if (folder === undefined || owner === undefined) {
  throw new Error('usage: reaper.ts FOLDER OWNER_PID [TEST_RUN_PID]');
}
// Whoever ends a test run by a signal to all its processes means the clusters too, and that is our work.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('SIGHUP', () => undefined);

if (testRun !== undefined) {
  const bornAt = startTime(Number(testRun));
  const ownerBornAt = startTime(Number(owner));
  setInterval(() => {
    if (
      startTime(Number(testRun)) !== bornAt &&
      startTime(Number(owner)) === ownerBornAt &&
      ownerBornAt !== undefined
    ) {
      process.kill(Number(owner), 'SIGKILL');
    }
  }, LOOK_PERIOD_MS).unref();
}
let said = '';
for await (const chunk of process.stdin) {
  said += String(chunk);
}
if (!said.includes('dismissed')) {
  await sweepUnlessClaimed(folder);
}

/** Who claims the folder sweeps it first, so that then nothing is left to do. */
async function sweepUnlessClaimed(abandoned: string): Promise<void> {
  // The kernel may close the owner's pipe a moment before its lock.
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
    const lock = await tryFolderLock(abandoned);
    if (lock !== null) {
      await sweep(abandoned);
      await lock.release();
      return;
    }
    await sleep(LOCK_PERIOD_MS);
  }
}
