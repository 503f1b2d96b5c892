/**
 * One trainer as a child process. In comes what to start; out comes how it stands, and a call whenever that changes. It
 * runs in a process group of its own, so that a terminal's Ctrl-C reaches only us and so that ending the group ends its
 * decoders too; it hears of our death by the channel that then closes.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { codeOfSignal, EXIT } from '../../../multigrid/contract/exit-codes.ts';
import { callAfter } from '../../../timing/timers.ts';
import type { StopMode, Workers } from '../platform.ts';
import { readLogTail } from './log-tail.ts';

export interface TrainerCommand {
  /** Module that Node runs. */
  readonly module: string;
  /** Workers that it is, or starts. */
  readonly workers: number;
  /** Added to our own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** File that standard output and standard error are appended to. */
  readonly logPath: string;
  /** Time to save and end after being asked to, before it is killed, milliseconds. */
  readonly graceMs: number;
}

export class TrainerProcess {
  readonly #command: TrainerCommand;
  readonly #now: () => number;
  readonly #onChange: () => void;
  readonly #child: ChildProcess;
  readonly #logStart: number;
  readonly #ended = Promise.withResolvers<undefined>();
  #takeBackKill: (() => void) | null = null;
  #workers: Extract<Workers, { readonly state: 'running' | 'ended' }>;

  private constructor(command: TrainerCommand, now: () => number, onChange: () => void) {
    this.#command = command;
    this.#now = now;
    this.#onChange = onChange;
    const log = openSync(command.logPath, 'a');
    try {
      this.#logStart = fstatSync(log).size;
      const sinceMs = now();
      this.#child = fork(command.module, [], {
        cwd: command.cwd,
        env: { ...process.env, ...command.env },
        execArgv: [],
        stdio: ['ignore', log, log, 'ipc'],
        detached: true,
      });
      const id = `trainer-${this.#child.pid ?? 'none'}-${sinceMs}`;
      this.#workers = {
        state: 'running',
        id,
        sinceMs,
        askedMs: sinceMs,
        replicas: command.workers,
        ready: command.workers,
        isStopping: false,
        trouble: null,
      };
    } finally {
      closeSync(log);
    }
    this.#child.once('exit', (code, signal) => {
      void this.#onEnd(code ?? codeOfSignal(signal === null ? 0 : constants.signals[signal]), '');
    });
    this.#child.once('error', (error) => {
      if (this.#child.pid === undefined) {
        void this.#onEnd(EXIT.notStarted, `the trainer could not be started: ${error.message}`);
      }
    });
  }

  /** @param onChange - called when the process has ended. */
  static start(command: TrainerCommand, now: () => number, onChange: () => void): TrainerProcess {
    return new TrainerProcess(command, now, onChange);
  }

  get workers(): Workers {
    return this.#workers;
  }

  /** Resolves when the process has ended and its last lines are read. */
  get ended(): Promise<undefined> {
    return this.#ended.promise;
  }

  stop(mode: StopMode): void {
    if (this.#workers.state === 'ended') {
      return;
    }
    if (mode === 'kill') {
      this.#killGroup();
    } else if (!this.#workers.isStopping) {
      this.#child.kill('SIGTERM');
      this.#takeBackKill = callAfter(this.#command.graceMs, () => {
        this.#killGroup();
      });
    }
    this.#workers = { ...this.#workers, isStopping: true };
  }

  async #onEnd(exitCode: number, message: string): Promise<void> {
    const endedMs = this.#now();
    this.#takeBackKill?.();
    // Decoders that outlive their trainer would keep the processor and the videos busy.
    this.#killGroup();
    const { id, sinceMs } = this.#workers;
    const log = message === '' ? await readLogTail(this.#command.logPath, this.#logStart) : message;
    this.#workers = {
      state: 'ended',
      id,
      sinceMs,
      endedMs,
      exitCode,
      cause: null,
      log,
      isLingering: false,
      next: null,
    };
    this.#ended.resolve(undefined);
    this.#onChange();
  }

  #killGroup(): void {
    if (this.#child.pid === undefined) {
      return;
    }
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  }
}
