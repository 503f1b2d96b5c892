/**
 * One run under a soak: `multigrid run` as a person starts it, started again with --resume as often as it takes. In comes the
 * job, out come its processes for faults to strike, and its end.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { waitUntil } from '../../cluster/control-plane/wait-until.ts';
import { findBelow, signalAll, treeOf } from './process-tree.ts';
import type { StruckRun } from '../ground.ts';
import { iterationsIn } from '../results.ts';
import type { SoakJob } from './soak-job.ts';

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'multigrid.mjs');
const CLOCK_SHIFT = pathToFileURL(join(import.meta.dirname, 'clock-shift.ts')).href;
const PATIENCE_MS = 900_000;
/** A run that ends as often without a fault has a fault of its own. */
const MOST_ENDS = 4;

/** How a process of the run ended. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Its last words. */
  readonly said: string;
}

interface Process {
  readonly pid: number;
  readonly ended: Promise<End>;
  end: End | null;
}

export class SoakRun implements StruckRun {
  readonly name: string;
  readonly job: SoakJob;
  readonly #clockFile: string;
  #process: Process | null = null;

  constructor(job: SoakJob, name: string) {
    this.job = job;
    this.name = name;
    this.#clockFile = join(job.folder, `clock-of-${name}`);
  }

  /** Of the process that the person started; null when none runs. */
  get pid(): number | null {
    return this.#process === null || this.#process.end !== null ? null : this.#process.pid;
  }

  /** How the last process ended; null while it runs. */
  get end(): End | null {
    return this.#process?.end ?? null;
  }

  get tree(): readonly number[] {
    return this.pid === null ? [] : treeOf(this.pid);
  }

  /** The trainer's process; null while there is none. */
  get trainer(): number | null {
    return this.pid === null ? null : findBelow(this.pid, 'trainer-image/main.ts');
  }

  /** Sets the clock of the run's processes by so many milliseconds against the machine's. */
  async setClock(offsetMs: number): Promise<void> {
    await writeFile(this.#clockFile, String(offsetMs));
  }

  /** Starts the run, or goes on with it. @param launcher - a command before the run's own, as in `unshare …` */
  start(launcher: readonly string[] = []): void {
    const output = this.job.outputOf(this.name);
    const command = [
      ...launcher,
      ...[process.execPath, BIN, 'run', '-f', this.job.manifestPath, '--output', output],
      ...(existsSync(join(output, 'job.yaml')) ? ['--resume'] : []),
    ];
    const child = spawn(command[0]!, command.slice(1), {
      cwd: this.job.folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...{ NO_COLOR: '1', SOAK_CLOCK: this.#clockFile, NODE_OPTIONS: `--import=${CLOCK_SHIFT}` },
      },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-4000)));
    }
    const ended = Promise.withResolvers<End>();
    const started: Process = { pid: child.pid ?? -1, ended: ended.promise, end: null };
    child.once('error', ended.reject);
    child.once('close', (code, signal) => {
      started.end = { code, signal, said };
      ended.resolve(started.end);
    });
    this.#process = started;
  }

  get isUnderWay(): boolean {
    return this.pid !== null;
  }

  get isComplete(): boolean {
    return this.end?.code === 0;
  }

  get folder(): string {
    return this.job.behind(this.name);
  }

  async untilIteration(iteration: number): Promise<void> {
    await this.until(`iteration ${iteration}`, async () => (await iterationsIn(this.folder)) >= iteration);
  }

  /** Waits for something of a run; in vain when its process has ended. */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    await waitUntil(async () => ((await isSo()) || this.end !== null ? true : null), {
      what,
      timeoutMs: PATIENCE_MS,
      periodMs: 20,
    });
  }

  async toEnd(): Promise<void> {
    for (let ends = 0; ; ends += 1) {
      if (this.#process === null || (this.end !== null && this.end.code !== 0)) {
        this.start();
      }
      await this.until('the end of the run', () => false);
      if (this.end?.code === 0) {
        return;
      }
      if (ends === MOST_ENDS) {
        throw new Error(`the run ends again and again, the last time with ${endInWords(this.end)}`);
      }
    }
  }

  async killAll(): Promise<void> {
    const { tree } = this;
    signalAll(tree, 'SIGKILL');
    await this.#process?.ended;
  }

  /** Lets another run of the same folder take this one's place. */
  takePlaceOf(other: SoakRun): void {
    this.#process = other.#process;
  }

  async close(): Promise<void> {
    await this.killAll();
    await rm(this.#clockFile, { force: true });
  }
}

export function endInWords(end: End | null): string {
  return end === null
    ? 'nothing'
    : `${end.signal ?? `code ${end.code}`}: ${end.said.trim().split('\n').at(-1) ?? ''}`;
}
