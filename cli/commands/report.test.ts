import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Command } from 'commander';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { CollectingIo } from '../../test/support/collecting-io.ts';
import { writeSampleRun } from '../../test/support/sample-run-folder.ts';
import { sampleRun } from '../../test/support/sample-run.ts';
import { addReportCommand } from './report.ts';

test("makes the report of a run's folder and prints where it is", async () => {
  const folder = temporaryFolder();
  await writeSampleRun(folder, sampleRun());
  const io = new CollectingIo();
  const program = new Command().exitOverride();
  addReportCommand(program, io);
  await program.parseAsync(['report', folder], { from: 'user' });
  expect(io.out).toBe(`${join(folder, 'report.html')}\n`);
  expect(await readFile(io.out.trim(), 'utf8')).toContain('99.2 %');
});
