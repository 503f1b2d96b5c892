/** A real process, confined as a decoder is, that then tries what an attacker would. Needs Linux with Landlock. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';

const onLinux = process.platform === 'linux' ? test : test.skip;
const run = promisify(execFile);
const MODULE = new URL('./confine.ts', import.meta.url).href;

const folder = temporaryFolder();
let server: Server;
let port = 0;

beforeAll(async () => {
  await writeFile(join(folder, 'video'), 'pixels');
  server = createServer();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.listen(0, '127.0.0.1', () => {
    resolve(undefined);
  });
  await promise;
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});

afterAll(() => {
  server.close();
});

/** What each attempt came to in a process that was confined first. */
async function attempts(): Promise<Readonly<Record<string, unknown>>> {
  const program = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { connect } from 'node:net';
    import { spawnSync } from 'node:child_process';
    import { confine } from ${JSON.stringify(MODULE)};
    const confinement = confine();
    const tried = (attempt) => { try { return attempt() ?? 'done'; } catch (error) { return error.code; } };
    const socket = connect(${port}, '127.0.0.1');
    const how = await new Promise((resolve) => {
      socket.on('connect', () => resolve('done')).on('error', (error) => resolve(error.code));
    });
    socket.destroy();
    process.stdout.write(JSON.stringify({
      ...confinement,
      reads: tried(() => readFileSync(${JSON.stringify(join(folder, 'video'))}, 'utf8')),
      writes: tried(() => writeFileSync(${JSON.stringify(join(folder, 'mine'))}, 'mine')),
      looksIntoParent: tried(() => readFileSync('/proc/' + process.ppid + '/environ', 'utf8').length),
      starts: spawnSync('/bin/true').error?.code ?? 'done',
      connects: how,
    }));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program]);
  const parsed: unknown = JSON.parse(stdout);
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
}

onLinux(
  'a confined process reads videos, and has no network, no programs, no secrets and no disk',
  async () => {
    expect(await attempts()).toEqual({
      network: true,
      files: true,
      gaps: [],
      reads: 'pixels',
      writes: 'EACCES',
      looksIntoParent: 'EACCES',
      starts: 'EACCES',
      connects: 'EACCES',
    });
  },
);
