/** Proxies that end in other ways than hydra's own. */
import { expect, test } from '@jest/globals';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { RankHost } from './rank-host.ts';

/** A program of the shell, as a file that can be run. */
function program(text: string): string {
  const file = join(temporaryFolder(), 'proxy');
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

test('when ranks have been ended it has been told how their proxy ended, also one that shows no mark', async () => {
  const { promise: isUp, resolve } = Promise.withResolvers<string>();
  const proxy = program(
    `exec env -i ${process.execPath} -e 'console.log("up"); setInterval(() => {}, 1000)'`,
  );
  const host = new RankHost({ proxy, env: {}, onLine: resolve });
  const ends: number[] = [];
  host.start({ port: 1, proxy: 0 }, (code) => {
    ends.push(code);
  });
  expect(await isUp).toBe('up');
  await host.end();
  expect(ends).toEqual([137]);
});

test('a proxy that cannot be started ends with 71, and there is nothing to wait for', async () => {
  const host = new RankHost({ proxy: '/nowhere/proxy', env: {}, onLine: () => undefined });
  const { promise, resolve } = Promise.withResolvers<number>();
  host.start({ port: 1, proxy: 0 }, resolve);
  await host.end();
  expect(await promise).toBe(71);
});
