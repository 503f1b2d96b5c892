/**
 * Work on a file of a run's folder, for as long as its disk takes. In: the folder, who waits for disks, the file's name and what
 * is done with its path. Out: the work's result.
 */
import { join } from 'node:path';
import type { FileWork } from '../../storage/patience.ts';
import { RUN_FILES } from './run-folder.ts';

/** Where the folder is, and who waits when its disk is in trouble. */
export interface PatientFolder {
  readonly outputDir: string;
  readonly patience: FileWork;
}

/** @throws what the work throws, unless it passes; the signal's reason when aborted while waiting. */
export function onRunFile<Result>(
  { outputDir, patience }: PatientFolder,
  doing: 'reading' | 'writing',
  name: keyof typeof RUN_FILES,
  work: (path: string) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const path = join(outputDir, RUN_FILES[name]);
  return patience.with({ doing, path }, () => work(path), signal);
}
