import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { whyNoControlPlane, whyNoNodes } from '../cluster.ts';
import { waitUntil } from '../control-plane/wait-until.ts';
import { cgroupName, clusterProcesses, hostLink } from './sweep.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const itOnNodes = whyNoNodes() === null ? it : it.skip;

const OWNER = join(import.meta.dirname, '..', '..', 'support', 'cluster-owner.ts');
/** A test run with one worker, which owns a cluster. */
const TEST_RUN = `
  import { fork } from 'node:child_process';
  fork(${JSON.stringify(OWNER)}, ['plane'], { execArgv: [], env: { ...process.env, JEST_WORKER_ID: '1' } });
  setInterval(() => 0, 1e6);`;

const started: ChildProcess[] = [];

/** Starts a process that makes a cluster; resolves to the cluster's folder. */
async function startOwner(...args: readonly string[]): Promise<{ owner: ChildProcess; folder: string }> {
  const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(owner);
  for await (const line of createInterface({ input: owner.stdout })) {
    return { owner, folder: dirname(line) };
  }
  throw new Error('the owner ended without a cluster');
}

function untilGone(folder: string): Promise<true> {
  return waitUntil(
    () => Promise.resolve(clusterProcesses(folder).length === 0 && !existsSync(folder) ? true : null),
    { what: `the end of all that the cluster in ${folder} was`, timeoutMs: 60_000 },
  );
}

function cgroups(folder: string): string[] {
  return readdirSync('/sys/fs/cgroup').filter((hierarchy) =>
    existsSync(join('/sys/fs/cgroup', hierarchy, cgroupName(folder))),
  );
}

describeIfPossible('a cluster whose owner is killed', () => {
  afterEach(() => {
    for (const process of started.splice(0)) {
      process.kill('SIGKILL');
    }
  });

  it('ends with it: no process and no file is left', async () => {
    const { owner, folder } = await startOwner(OWNER, 'plane');
    expect(clusterProcesses(folder).length).toBeGreaterThanOrEqual(4);
    owner.kill('SIGKILL');
    await untilGone(folder);
  }, 300_000);

  it('ends with the test run above its owner', async () => {
    const { owner: testRun, folder } = await startOwner('--input-type=module', '-e', TEST_RUN);
    testRun.kill('SIGKILL');
    await untilGone(folder);
  }, 300_000);

  itOnNodes(
    'takes its nodes, networks and control groups with it',
    async () => {
      const { owner, folder } = await startOwner(OWNER, 'nodes');
      const link = hostLink(folder);
      expect(Object.keys(networkInterfaces())).toContain(link);
      expect(cgroups(folder)).not.toEqual([]);
      owner.kill('SIGKILL');
      await untilGone(folder);
      expect(cgroups(folder)).toEqual([]);
      expect(Object.keys(networkInterfaces())).not.toContain(link);
    },
    300_000,
  );
});
