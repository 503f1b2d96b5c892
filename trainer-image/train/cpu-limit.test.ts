import { expect, test } from '@jest/globals';
import { readCpuQuota, usableCores } from './cpu-limit.ts';

const files = (contents: Readonly<Record<string, string>>) => (path: string) => {
  const text = contents[path];
  return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
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
])('the CPU limit is read from %s', async (_where, contents, expected) => {
  expect(await readCpuQuota(files(contents))).toBe(expected);
});

test('a limit takes cores away and never all of them', () => {
  expect([null, 0.5, 1.9, 3, 64].map((quota) => usableCores(8, quota))).toEqual([8, 1, 1, 3, 8]);
});
