import { expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { acquireLock, LONG_HELD } from '../../job-store/file-lock.ts';
import { LockTimeoutError } from '../../job-store/lock-errors.ts';
import { nodeEffects } from '../../job-store/node-effects.ts';
import type { JobIdentity } from '../../multigrid/object/job-identity.ts';
import { isHeldForAnother, lockOutput, TRAINER_LOCK } from './output-lock.ts';

const OURS: JobIdentity = { namespace: 'team-b', name: 'train', uid: 'b-1' };
const THEIRS: JobIdentity = { namespace: 'team-a', name: 'train', uid: 'a-1' };

test("another job's folder is waited for as long as that job's trainer lives, and its job is told", async () => {
  const folder = temporaryFolder();
  const theirs = await lockOutput(folder, nodeEffects, { job: THEIRS });
  const waits = Promise.withResolvers<boolean>();
  let told = 0;
  const taking = lockOutput(folder, nodeEffects, {
    job: OURS,
    // Over several times before the other one leaves.
    timeoutMs: 1500,
    onWaiting: (holder) => {
      told += 1;
      if (told === 3) {
        waits.resolve(isHeldForAnother(holder, OURS));
      }
    },
  });
  expect(await waits.promise).toBe(true);
  await theirs.release();
  await (await taking).release();
  expect(await readdir(folder)).toEqual([]);
});

test('an earlier trainer of the same job is waited for only as long as it may take to end', async () => {
  const folder = temporaryFolder();
  const path = join(folder, TRAINER_LOCK);
  const earlier = await acquireLock(path, nodeEffects, { ...LONG_HELD, timeoutMs: 0, job: OURS });
  const taking = lockOutput(folder, nodeEffects, { job: OURS, timeoutMs: 200 });
  await expect(taking).rejects.toBeInstanceOf(LockTimeoutError);
  await earlier.release();
});

test('the wait for another job ends with the wish to stop', async () => {
  const folder = temporaryFolder();
  const theirs = await lockOutput(folder, nodeEffects, { job: THEIRS });
  const stop = new AbortController();
  const taking = lockOutput(folder, nodeEffects, { job: OURS, timeoutMs: 0, signal: stop.signal });
  stop.abort(new Error('SIGTERM'));
  await expect(taking).rejects.toThrow('SIGTERM');
  await theirs.release();
});
