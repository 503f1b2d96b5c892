/** An attempt with hydra's launcher, and a proxy that does not come. */
import { afterEach, expect, test } from '@jest/globals';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { whyNoRanks } from '../../test/support/mpi/run-ranks.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { findMpich } from '../mpi/find-mpich.ts';
import { Attempt } from './attempt.ts';
import { RankHost } from './rank-host.ts';

const testIfPossible = whyNoRanks() === null ? test : test.skip;

let attempt: Attempt | undefined;

afterEach(() => {
  attempt?.cut('the test is over');
});

testIfPossible('one that is told to stop before its own ranks have begun is over at once', async () => {
  const proxy = join(temporaryFolder(), 'proxy');
  writeFileSync(proxy, '#!/bin/sh\necho waiting\nexec sleep 1000\n');
  chmodSync(proxy, 0o755);
  const { promise: isWaiting, resolve } = Promise.withResolvers<string>();
  const env = { PATH: process.env['PATH'] ?? '' };
  attempt = new Attempt({
    command: {
      mpiexec: findMpich().mpiexec,
      file: process.execPath,
      args: ['-e', ''],
      ranksPerWorker: 2,
      env,
    },
    host: new RankHost({ proxy, env, onLine: resolve }),
    followers: [],
    onLine: () => undefined,
  });
  const end = attempt.end();
  expect(await isWaiting).toBe('waiting');
  attempt.stop();
  expect(await end).toEqual({ kind: 'cut', why: 'stopped before all ranks had begun' });
});
