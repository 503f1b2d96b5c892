/**
 * Starts `multigrid` as a person would, as a process of its own in a group of its own, so that a test can end all of it
 * with one signal.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'multigrid.mjs');

export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly ended: Promise<CommandEnd>;
  /** To the command alone. */
  signal(name: NodeJS.Signals): void;
  /** SIGKILL to the command and all it started. */
  killAll(): void;
  /** Standard output so far. */
  output(): string;
}

/** Starts `multigrid <args>`. */
export function startMultigrid(args: readonly string[], cwd: string): RunningCommand {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<CommandEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
  return {
    ended,
    signal: (name) => child.kill(name),
    killAll: () => {
      if (child.pid !== undefined) {
        process.kill(-child.pid, 'SIGKILL');
      }
    },
    output: () => stdout,
  };
}

/** Runs `multigrid <args>` to its end. */
export function multigrid(args: readonly string[], cwd: string): Promise<CommandEnd> {
  return startMultigrid(args, cwd).ended;
}
