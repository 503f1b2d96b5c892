/**
 * One side of a row: a process of its own that does the same step again and again, once per line it is sent. In: the
 * command. Out: times per step, and what the process says about itself. The processes of a row take turns, so that a
 * busy machine slows all of them; being processes, each has a peak memory of its own.
 *
 * A side prints `ready {json}` when its first step is done, `wallMs cpuMs` for every line `step`, and `peak MB` at the end.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { env } from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Where torch.compile keeps what it compiled: about a minute for every network and shape the first time. */
const COMPILE_CACHE = '.cache/torchinductor';

/** What one step took. */
export interface StepTime {
  readonly wallMs: number;
  /** Processor time of all threads. */
  readonly cpuMs: number;
}

export class Side {
  readonly name: string;
  readonly times: StepTime[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(name: string, command: readonly [string, ...string[]]) {
    this.name = name;
    const [file, ...args] = command;
    this.#child = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...env, TORCHINDUCTOR_CACHE_DIR: COMPILE_CACHE },
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts the process and waits for its first step. @returns the side and the JSON text it said ready with. */
  static async start(
    name: string,
    command: readonly [string, ...string[]],
  ): Promise<readonly [Side, string]> {
    const side = new Side(name, command);
    const line = await side.#answer();
    if (!line.startsWith('ready ')) {
      throw new Error(`${name} began with "${line}" instead of "ready ..."`);
    }
    return [side, line.slice('ready '.length)];
  }

  /** One step; its time is remembered unless it only warms up. */
  async step(warmUp: boolean): Promise<void> {
    this.#child.stdin.write('step\n');
    const [wallMs, cpuMs] = (await this.#answer()).split(' ').map(Number);
    if (wallMs === undefined || cpuMs === undefined) {
      throw new Error(`${this.name} gave no two times`);
    }
    if (!warmUp) {
      this.times.push({ wallMs, cpuMs });
    }
  }

  /** Ends the process. @returns its peak memory, MB. */
  async end(): Promise<number> {
    this.#child.stdin.end();
    const line = await this.#answer();
    return Number(line.slice('peak '.length));
  }

  async #answer(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done === true) {
      throw new Error(`${this.name} ended before its time (exit code ${this.#child.exitCode ?? 'unknown'})`);
    }
    return next.value;
  }
}

/** The middle of the given numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
