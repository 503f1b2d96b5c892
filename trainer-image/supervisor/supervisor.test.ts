/** Supervisors with real launchers, proxies and ranks between them; only the pods are missing. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { whyNoRanks } from '../../test/support/mpi/run-ranks.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { type GroupOptions, WorkerGroup } from '../../test/support/supervisor/worker-group.ts';

const describeIfPossible = whyNoRanks() === null ? describe : describe.skip;
const RANK = join(import.meta.dirname, '../../test/support/supervisor/rank.ts');

/** One that has ended may wait for somebody to take note of it. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describeIfPossible('workers of a job', () => {
  let group: WorkerGroup | undefined;
  let endFile = '';

  async function start(options: Partial<GroupOptions> = {}): Promise<WorkerGroup> {
    endFile = join(temporaryFolder(), 'end');
    const ranks = { file: process.execPath, args: [RANK, endFile] };
    group = await WorkerGroup.start({ workers: 3, ...ranks, ...options });
    return group;
  }

  function pidOf(line: string): number {
    return Number(/pid (\d+)/.exec(line)?.[1]);
  }

  /** Of three ranks, all in the same attempt: one that is killed takes the others along before they have said anything. */
  async function allHeard(workers: WorkerGroup, times: number): Promise<readonly number[]> {
    const lines = [0, 1, 2].map((rank) => workers.heard(new RegExp(`^\\[${rank}\\] step`), times));
    return (await Promise.all(lines)).map(pidOf);
  }

  afterEach(async () => {
    await group?.close();
  });

  test('add up together, each on its own host, and all end well when the ranks do', async () => {
    const workers = await start({ ranksPerWorker: 2 });
    for (const rank of [0, 1, 2, 3, 4, 5]) {
      await workers.heard(new RegExp(`^\\[${rank}\\] step of 6 sum 21 worker ${Math.floor(rank / 2)} `));
    }
    writeFileSync(endFile, '');
    expect(await Promise.all([0, 1, 2].map((worker) => workers.endOf(worker)))).toEqual([0, 0, 0]);
  });

  test('start again where they are when a rank is killed, and once more only after a new checkpoint', async () => {
    let saved = 'none';
    const workers = await start({ newestCheckpoint: () => Promise.resolve(saved) });
    const [, first] = await allHeard(workers, 1);
    process.kill(first!, 'SIGKILL');
    const [, , second] = await allHeard(workers, 2);
    saved = 'one more';
    process.kill(second!, 'SIGKILL');
    const [, third] = await allHeard(workers, 3);
    process.kill(third!, 'SIGKILL');
    expect(await workers.endOf(0)).toBeGreaterThan(64);
    // The others wait for the successor of the first.
    workers.startLeader();
    await allHeard(workers, 4);
    writeFileSync(endFile, '');
    expect(await Promise.all([0, 1, 2].map((worker) => workers.endOf(worker)))).toEqual([0, 0, 0]);
  });

  test('leave no rank behind when the proxy of one of them is killed', async () => {
    const workers = await start();
    const pid = pidOf(await workers.heard(/^\[1\] step/));
    const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    process.kill(parent, 'SIGKILL');
    await workers.heard(/^\[1\] step/, 2);
    expect(isAlive(pid)).toBe(false);
  });

  test('all save and stop when the first is told to; the others when they are told to', async () => {
    const workers = await start();
    await workers.heard(/^\[2\] step/);
    workers.stop(0);
    expect(await workers.endOf(0)).toBe(143);
    expect(workers.lines.filter((line) => line.endsWith('] end'))).toHaveLength(3);
    workers.stop(1);
    workers.stop(2);
    expect(await Promise.all([1, 2].map((worker) => workers.endOf(worker)))).toEqual([143, 143]);
  });

  test('let one go that is told to, after all have saved, and go on with its successor', async () => {
    const workers = await start();
    await workers.heard(/^\[2\] step/);
    workers.stop(2);
    expect(await workers.endOf(2)).toBe(143);
    expect(workers.lines.filter((line) => line.endsWith('] end'))).toHaveLength(3);
    await workers.startFollower(2);
    await workers.heard(/^\[2\] step/, 2);
  });

  test('of other versions are refused, both named', async () => {
    const workers = await start({ versions: { 2: '0.9.0' } });
    expect(await workers.endOf(0)).toBe(69);
    expect(workers.log.join('\n')).toMatch(/worker 2 runs version 0\.9\.0 .*the first worker runs 1\.0\.0/);
  });

  test('end with 71, and say so, where the launcher cannot be started', async () => {
    const workers = await start({ mpiexec: '/nowhere/mpiexec' });
    expect(await workers.endOf(0)).toBe(71);
    expect(workers.log.join('\n')).toMatch(/\/nowhere\/mpiexec cannot be started/);
  });

  test('with another token are not let in, and it is said why', async () => {
    const workers = await start({ tokens: { 1: 'another' } });
    await workers.heard(/^0: waiting for a worker .*does not accept the token of this job/, 1, 'log');
    await workers.heard(/^1: a connection to this worker was refused/, 1, 'log');
    workers.stop(0);
    expect(await workers.endOf(0)).toBe(143);
  });
});
