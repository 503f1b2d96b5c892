/** Makes report.html of a run's folder, at the end of a run or at any time in between. In: the folder. Out: the page. */
import { join } from 'node:path';
import { writeWholeFile } from '../../storage/whole-file.ts';
import { readRun, RUN_FILES } from '../run-folder/run-folder.ts';

/**
 * Makes report.html from what the folder holds.
 *
 * @returns The path of the report.
 * @throws As {@link readRun}.
 */
export async function writeRunReport(folder: string): Promise<string> {
  const run = await readRun(folder);
  const path = join(folder, RUN_FILES.report);
  // The chart library takes a quarter of a second to load: neither a trainer's start nor `--help` should wait for it.
  const { renderReport } = await import('../report/run-report.ts');
  await writeWholeFile(path, await renderReport({ ...run, classNames: run.result?.classNames ?? [] }));
  return path;
}
