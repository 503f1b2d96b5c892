import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { CollectingIo } from '../../test/support/collecting-io.ts';
import { writeSampleRun } from '../../test/support/sample-run-folder.ts';
import { sampleBaseline, sampleRun } from '../../test/support/sample-run.ts';
import { addCompareCommand, type TrainShown } from './compare.ts';
import { NothingToCompareError } from '../compare/compare-manifests.ts';

const example = fileURLToPath(new URL('../../examples/quickstart.yaml', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = temporaryFolder();
});

/** Leaves behind what a training would have. */
const trainAtOnce: TrainShown = async ({ recipe, seed, outputDir }) => {
  await writeSampleRun(outputDir, recipe === 'baseline' ? sampleBaseline(seed) : sampleRun(seed));
  return true;
};

async function compare(train: TrainShown, ...flags: readonly string[]): Promise<CollectingIo> {
  const io = new CollectingIo();
  const program = new Command().exitOverride().configureOutput({
    writeErr: (text) => {
      io.stderr(text);
    },
  });
  addCompareCommand(program, io, train);
  program.commands.forEach((command) => command.exitOverride());
  const args = ['compare', '-f', example, '--output', folder, ...flags];
  await program.parseAsync(args, { from: 'user' });
  return io;
}

test('ends with a table, numbers for programs and a page to look at', async () => {
  const io = await compare(trainAtOnce);
  expect(io.out).toMatch(/training time +5 min 3 s +1 min \d+ s +3\.\d\d× faster/);
  expect(io.err).toBe('run 1 of 2: baseline, seed 0\nrun 2 of 2: multigrid, seed 0\n');
  const numbers: unknown = JSON.parse(await readFile(join(folder, 'compare.json'), 'utf8'));
  expect(numbers).toMatchObject({ version: 1, pairs: [{ seed: 0, target: 0.975, measure: 'top-1' }] });
  expect(await readFile(join(folder, 'compare.html'), 'utf8')).toContain(
    'quickstart: multigrid against baseline',
  );
});

test('trains both recipes with every seed asked for', async () => {
  const io = await compare(trainAtOnce, '--seeds', '0,4');
  expect(io.err.split('\n')[3]).toBe('run 4 of 4: multigrid, seed 4');
  expect(io.out).toMatch(/± /);
});

test('reports nothing while a run has not come to its end, and tells how to go on', async () => {
  const asked: string[] = [];
  const io = await compare(({ howToGoOn }) => {
    asked.push(howToGoOn);
    return Promise.resolve(false);
  });
  expect(io.out).toBe('');
  expect(asked).toEqual([`multigrid compare -f ${example} --output ${folder}`]);
});

test.each(['', '1,1', '0,x', '-1', '1.5', '99999999999'])('refuses the seeds "%s"', async (seeds) => {
  await expect(compare(trainAtOnce, '--seeds', seeds)).rejects.toThrow(/different whole numbers/);
});

test('refuses a manifest without a multigrid part before anything is trained', async () => {
  const control = join(folder, 'control.yaml');
  const text = await readFile(example, 'utf8');
  await writeFile(control, text.replace(/^ {2}multigrid: .*$/m, ''));
  const never: TrainShown = () => Promise.reject(new Error('nothing may be trained'));
  await expect(compare(never, '-f', control)).rejects.toThrow(NothingToCompareError);
});

test('names what is wrong in a manifest and sets the exit code', async () => {
  const wrong = join(folder, 'wrong.yaml');
  await writeFile(wrong, (await readFile(example, 'utf8')).replace('frames: 16', 'frames: -1'));
  const io = await compare(trainAtOnce, '-f', wrong);
  expect(io.err).toMatch(/wrong\.yaml:\d+: spec\.recipe\.frames/);
  expect(io.exitCode).toBe(64);
});
