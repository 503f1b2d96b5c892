/**
 * Entry of the command line: gives the commands their effects. The only file of cli/ that touches `process`. Started by
 * bin/multigrid.mjs.
 */
import { readFile } from 'node:fs/promises';
import packageManifest from '../package.json' with { type: 'json' };
import type { CommandIo } from './io.ts';
import { runProgram } from './program.ts';
import { listenForStop } from './stop-signals.ts';

const DEFAULT_COLUMNS = 80;

function processIo(): CommandIo {
  const { stdout, stderr } = process;
  return {
    stdout: (text) => {
      stdout.write(text);
    },
    stderr: (text) => {
      stderr.write(text);
    },
    readTextFile: (path) => readFile(path, 'utf8'),
    setExitCode: (code) => {
      process.exitCode = code;
    },
    isTty: stdout.isTTY,
    columns: stdout.isTTY ? stdout.columns : DEFAULT_COLUMNS,
    ...(stderr.isTTY ? { screen: stderr } : {}),
    listenForStop: () => listenForStop(process),
  };
}

// A reader that closes the pipe early, such as `head`, is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
});

await runProgram(process.argv.slice(2), processIo(), packageManifest.version);
