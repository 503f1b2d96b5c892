/**
 * Runs a program to its end as part of a run folder: it is killed when the process that started it ends, and all that it
 * started with it. For the steps of an image's build, which write gigabytes and may be cut short like any test.
 */
import { spawn } from 'node:child_process';
import { CLUSTER_MARK } from './sweep.ts';

/** A program ended with an error. */
export class TiedCommandError extends Error {
  readonly output: string;

  constructor(command: readonly string[], how: string, output: string) {
    super(`${command.slice(0, 2).join(' ')} ended with ${how}:\n${output.slice(-4000)}`);
    this.name = 'TiedCommandError';
    this.output = output;
  }
}

/** Mounts and processes that vanish together with the first process; needs root. */
const SEALED = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--'];

/** @throws TiedCommandError */
export function runTied(folder: string, command: readonly string[]): Promise<void> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...SEALED, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, [CLUSTER_MARK]: folder },
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-64 * 1024);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new TiedCommandError(command, signal ?? `exit code ${code ?? 'unknown'}`, output));
      }
    });
  });
}
