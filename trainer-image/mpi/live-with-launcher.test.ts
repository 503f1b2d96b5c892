/** Processes that have lost those who started them. */
import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ORPHAN = join(import.meta.dirname, '../../test/support/mpi/orphan.ts');

test('a rank whose parent has died before it could ask to be told ends all the same', async () => {
  // The shell stays until the rank is up.
  const shell = spawn('/bin/sh', ['-c', '"$@" & read -r _', 'sh', process.execPath, ORPHAN]);
  const said: string[] = [];
  for await (const chunk of shell.stdout) {
    said.push(String(chunk));
    shell.stdin.end();
  }
  expect(said.join('')).toBe('started\norphan\n');
});
