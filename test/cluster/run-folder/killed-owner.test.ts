import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { remaining, takeTraces, type ClusterTraces } from '../../support/cluster-traces.ts';
import { whyNoControlPlane, whyNoNodes } from '../cluster.ts';
import { waitUntil } from '../control-plane/wait-until.ts';
import { claimRunFolder } from './run-folder.ts';
import { cgroupName, hostLink } from './sweep.ts';

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

function untilGone(traces: ClusterTraces): Promise<true> {
  return waitUntil(() => Promise.resolve(remaining(traces).length === 0 ? true : null), {
    what: 'the end of all that the cluster was',
    timeoutMs: 180_000,
    seen: () => remaining(traces).join(', '),
  });
}

/** The process that sweeps the folder when its owner is gone. */
function reaperOf(folder: string): number {
  const commandLine = (pid: string): string[] => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    } catch {
      return []; // it has just ended
    }
  };
  const isReaper = (words: readonly string[]): boolean =>
    words.includes(folder) && words.some((word) => word.endsWith('reaper.ts'));
  return Number(readdirSync('/proc').find((pid) => /^\d+$/u.test(pid) && isReaper(commandLine(pid))));
}

function cgroups(folder: string): string[] {
  const root = '/sys/fs/cgroup';
  return [root, ...readdirSync(root).map((hierarchy) => join(root, hierarchy))]
    .map((hierarchy) => join(hierarchy, cgroupName(folder)))
    .filter((path) => existsSync(path));
}

function inode(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

describeIfPossible('a cluster whose owner is killed', () => {
  afterEach(() => {
    for (const owner of started.splice(0)) {
      owner.kill('SIGKILL');
    }
  });

  it('ends with it: no process and no file is left', async () => {
    const { owner, folder } = await startOwner(OWNER, 'plane');
    const traces = takeTraces(folder);
    expect(traces.processes.length).toBeGreaterThanOrEqual(4);
    owner.kill('SIGKILL');
    await untilGone(traces);
  });

  it('ends with the test run above its owner', async () => {
    const { owner: testRun, folder } = await startOwner('--input-type=module', '-e', TEST_RUN);
    const traces = takeTraces(folder);
    testRun.kill('SIGKILL');
    await untilGone(traces);
  });

  it('is swept away by the next start when the reaper was killed too', async () => {
    const { owner, folder } = await startOwner(OWNER, 'plane');
    const traces = takeTraces(folder);
    process.kill(reaperOf(folder), 'SIGKILL');
    const end = once(owner, 'exit');
    owner.kill('SIGKILL');
    await end;
    const next = await claimRunFolder('image');
    // At once, unless another suite has just begun to sweep it.
    await untilGone(traces);
    await next.remove();
  });

  itOnNodes('takes its nodes, networks and control groups with it', async () => {
    const { owner, folder } = await startOwner(OWNER, 'nodes');
    const link = join('/sys/class/net', hostLink(folder));
    const places = [link, ...cgroups(folder)];
    const before = places.map(inode);
    expect(before.length).toBeGreaterThan(1);
    expect(before).not.toContain(undefined);
    const traces = takeTraces(folder);
    owner.kill('SIGKILL');
    await untilGone(traces);
    // The next cluster may have the same names, and not the same things.
    expect(places.map(inode).filter((now, place) => now !== undefined && now === before[place])).toEqual([]);
  });
});
