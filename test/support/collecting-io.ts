/** A CommandIo for tests of commands: files are the real ones, what is printed is collected. */
import { readFile } from 'node:fs/promises';
import type { CommandIo } from '../../cli/io.ts';

export interface CollectingIo extends CommandIo {
  readonly printed: { stdout: string; stderr: string; exitCode: number };
}

export function collectingIo(): CollectingIo {
  const printed = { stdout: '', stderr: '', exitCode: 0 };
  return {
    printed,
    stdout: (text) => {
      printed.stdout += text;
    },
    stderr: (text) => {
      printed.stderr += text;
    },
    readTextFile: (path) => readFile(path, 'utf8'),
    setExitCode: (code) => {
      printed.exitCode = code;
    },
    isTty: false,
    columns: 80,
  };
}
