/**
 * The command that a person with a GPU is asked to run, on the processor and at its smallest: it must run to its end, pass
 * its own checks and leave a report that can be sent.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from './support/temporary-folder.ts';

const SCRIPT = join(import.meta.dirname, 'bench', 'gpu.bench.ts');

const folder = temporaryFolder();

test('bench:gpu --provider cpu passes its checks and writes numbers for every shape and precision', async () => {
  const output = join(folder, 'gpu-bench.json');
  const arguments_ = [
    '--provider',
    'cpu',
    '--network',
    'smallI3d',
    '--steps',
    '1',
    '--zoo',
    'few',
    '--floats',
    '100003',
  ];
  const env = { ...process.env, TORCH_PYTHON: undefined };
  // Exit code 1, which throws here, when a check fails.
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [SCRIPT, ...arguments_, '--output', output],
    { env },
  );
  expect(stdout).toContain(`wrote ${output}`);
  const report: unknown = JSON.parse(await readFile(output, 'utf8'));
  expect(report).toMatchObject({ provider: 'cpu', network: 'smallI3d' });
  const { checks, timings } = report as {
    readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly found: string }[];
    readonly timings: readonly {
      readonly shape: string;
      readonly precision: string;
      readonly clipsPerSecond: number;
    }[];
  };
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(checks.map(({ name }) => name).join()).toMatch(
    /slowfast-small, mixed: placed.*steps as on.*memory stays.*sums of 2 ranks/,
  );
  expect(timings.map(({ shape, precision }) => `${shape} ${precision}`)).toEqual(
    ['4 x 45 x 64', '8 x 45 x 32', '8 x 64 x 16', '16 x 64 x 8'].flatMap((shape) => [
      `${shape} float32`,
      `${shape} mixed`,
    ]),
  );
  expect(timings.every(({ clipsPerSecond }) => clipsPerSecond > 0)).toBe(true);
});
