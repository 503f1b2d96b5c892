import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { addDatasetCommand } from './dataset.ts';

let folder: string;
beforeEach(() => {
  folder = join(temporaryFolder(), 'digits');
});

/** Runs the command as the command line would and collects what it prints. */
async function multigrid(
  args: readonly string[],
  isTty = false,
): Promise<{ stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' };
  const io = {
    stdout: (text: string): void => void (printed.stdout += text),
    stderr: (text: string): void => void (printed.stderr += text),
    readTextFile: (path: string): Promise<string> => readFile(path, 'utf8'),
    setExitCode: (code: number): never => {
      throw new Error(`unexpected exit code ${code}`);
    },
    isTty,
    columns: 80,
  };
  const program = new Command('multigrid').exitOverride();
  addDatasetCommand(program, io);
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ]) {
    command.exitOverride().configureOutput({ writeErr: io.stderr, writeOut: io.stdout });
  }
  await program.parseAsync(args, { from: 'user' });
  return printed;
}

const tiny = (): string[] => [
  ...['dataset', 'make', 'moving-digits', '--output', folder],
  ...['--train', '20', '--val', '5', '--test', '5', '--size', '32'],
];

describe('multigrid dataset make moving-digits', () => {
  test('makes the folder with plain progress lines, and finds it complete the next time', async () => {
    const first = await multigrid(tiny());
    expect(first.stderr.trimEnd().split('\n')).toHaveLength(10);
    expect(first.stderr).toMatch(/moving-digits: 30 of 30 videos\n$/);
    expect(first.stdout).toMatch(
      /^Made 30 videos\. .*digits holds 20 training, 5 validation and 5 test videos, 0\.\d MB/,
    );
    expect(await readFile(join(folder, 'test.csv'), 'utf8')).toMatch(/^videos\/test\/0-left\/0000\.mp4 0\n/);

    const second = await multigrid(tiny());
    expect(second.stderr).toBe('');
    expect(second.stdout).toMatch(/digits is complete: .* every file as its manifest says/);
  });

  test('counts up on one line of a terminal', async () => {
    const { stderr } = await multigrid(tiny(), true);
    expect(stderr.split('\r')).toHaveLength(31);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  test.each<[string, string[], RegExp]>([
    [
      'an unknown dataset',
      ['dataset', 'make', 'kinetics', '--output', 'x'],
      /Allowed choices are moving-digits/,
    ],
    ['no folder', ['dataset', 'make', 'moving-digits'], /required option '--output <dir>' not specified/],
    [
      'a count that is none',
      ['dataset', 'make', 'moving-digits', '--output', 'x', '--train', 'many'],
      /whole number/,
    ],
  ])('refuses %s', async (_case, args, message) => {
    await expect(multigrid(args)).rejects.toThrow(message);
  });

  test('hands on what is wrong with a flag', async () => {
    await expect(multigrid([...tiny(), '--size', '33'])).rejects.toThrow(/--size must be even/);
  });
});
