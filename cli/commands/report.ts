/**
 * `multigrid report DIR`: makes report.html anew from what a run's folder holds, also while the run goes on or after the
 * program has learnt to draw better. The work is done by trainer-image/report.
 */
import type { Command } from 'commander';
import { writeRunReport } from '../../trainer-image/report/write-run-report.ts';
import type { CommandIo } from '../io.ts';

/** Adds `report <dir>` to the program. Its action throws RunFolderError and the file errors for the caller to show. */
export function addReportCommand(program: Command, io: CommandIo): void {
  program
    .command('report')
    .description("regenerate a run's report.html, also of an unfinished run")
    .argument('<dir>', 'folder of the run, as given with --output')
    .action(async (folder: string) => {
      io.stdout(`${await writeRunReport(folder)}\n`);
    });
}
