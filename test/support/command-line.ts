/**
 * Starts `multigrid` as a person would, as a process of its own in a group of its own, so that a test can end all of it
 * with one signal.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';

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
  /** Waits for what the command brings about. @throws Error when it has ended before */
  until(what: string, isSo: () => Promise<boolean>): Promise<void>;
}

/** For a command to get anywhere, on a machine that others use as well. */
const PATIENCE_MS = 300_000;

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
  // A character may come in two chunks.
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  let end: CommandEnd | null = null;
  const ended = new Promise<CommandEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      end = { code, signal, stdout, stderr };
      resolve(end);
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
    until: async (what, isSo) => {
      const look = async (): Promise<true | null> => {
        if (await isSo()) {
          return true;
        }
        if (end !== null) {
          throw new Error(`multigrid ended before ${what}: ${JSON.stringify(end)}`);
        }
        return null;
      };
      await waitUntil(look, { what, timeoutMs: PATIENCE_MS, periodMs: 20, seen: () => stdout + stderr });
    },
  };
}

/** Runs `multigrid <args>` to its end. */
export function multigrid(args: readonly string[], cwd: string): Promise<CommandEnd> {
  return startMultigrid(args, cwd).ended;
}
