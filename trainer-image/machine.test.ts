import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../test/support/temporary-folder.ts';
import { processMemoryBytes, readCpuQuota, readMachine, threadPoolSize, usableCores } from './machine.ts';

const GIB = 2 ** 30;
const files = (contents: Readonly<Record<string, string>>) => (path: string) => {
  const text = contents[path];
  if (text === undefined) {
    throw new Error('ENOENT');
  }
  return text;
};
const V1 = '/sys/fs/cgroup/cpu,cpuacct';

test.each<[string, Readonly<Record<string, string>>, number | null]>([
  ['no control groups', {}, null],
  ['version 2 without a limit', { '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, null],
  ['version 2 with one', { '/sys/fs/cgroup/cpu.max': '350000 100000\n' }, 3.5],
  [
    'version 1 without a limit',
    { [`${V1}/cpu.cfs_quota_us`]: '-1\n', [`${V1}/cpu.cfs_period_us`]: '100000\n' },
    null,
  ],
  [
    'version 1 with one',
    { [`${V1}/cpu.cfs_quota_us`]: '50000\n', [`${V1}/cpu.cfs_period_us`]: '100000\n' },
    0.5,
  ],
])('the CPU limit is read from %s', (_where, contents, expected) => {
  expect(readCpuQuota(files(contents))).toBe(expected);
});

test('a limit takes cores away and never all of them', () => {
  expect([null, 0.5, 1.9, 3, 64].map((quota) => usableCores(8, quota))).toEqual([8, 1, 1, 3, 8]);
});

test('the machine that is read has a core and memory', () => {
  const { cores, memoryBytes } = readMachine();
  expect(cores).toBeGreaterThanOrEqual(1);
  expect(memoryBytes).toBeGreaterThan(0);
});

test('the memory of a process is the limit of its container where there is one', () => {
  expect(processMemoryBytes(8 * GIB, 2 * GIB)).toBe(2 * GIB);
  expect(processMemoryBytes(8 * GIB, 0)).toBe(8 * GIB);
  expect(processMemoryBytes(8 * GIB, 2 ** 63)).toBe(8 * GIB);
});

test('the pool has more threads than there are cores, and as many as were asked for where that is more', () => {
  expect([1, 2, 16, 64].every((cores) => threadPoolSize(cores) > cores + 4)).toBe(true);
  expect(threadPoolSize(16, '8')).toBe(threadPoolSize(16));
  expect(threadPoolSize(2, '64')).toBe(64);
  expect(threadPoolSize(2, 'many')).toBe(threadPoolSize(2));
  expect(threadPoolSize(5000, '9999')).toBe(1024);
});

const FULL_POOL = join(import.meta.dirname, '..', 'test', 'support', 'full-pool.ts');

test.each([2, 16, 64])("a lock's heartbeat goes on while runs hold the lanes of %d cores", async (cores) => {
  const folder = temporaryFolder();
  const pipes = Array.from({ length: cores }, (_, lane) => join(folder, String(lane)));
  execFileSync('mkfifo', pipes);
  const child = spawn(execPath, [FULL_POOL, String(cores), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    expect(String(await once(child.stdout, 'data'))).toBe('beating\n');
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
