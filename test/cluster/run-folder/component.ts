/**
 * One long-running program of a cluster (etcd, the API server, a node): started, stopped as by a crash, frozen, started
 * again. The kernel kills it when the process that started it ends, and its environment carries the mark by which a
 * sweep finds it. What it prints goes to a log file in the run folder.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLUSTER_MARK } from './sweep.ts';

const TAIL_LINES = 30;

/** A program of the cluster ended by itself. */
export class ComponentEndedError extends Error {
  constructor(name: string, how: string, log: string) {
    super(`${name} of the test cluster ended (${how}); its log ends with:\n${log}`);
    this.name = 'ComponentEndedError';
  }
}

export interface ComponentOptions {
  readonly name: string;
  readonly command: readonly string[];
  /** The run folder of its cluster. */
  readonly folder: string;
}

export class Component {
  readonly #options: ComponentOptions;
  readonly logFile: string;
  #child: ChildProcess | null = null;

  constructor(options: ComponentOptions) {
    this.#options = options;
    mkdirSync(join(options.folder, 'log'), { recursive: true });
    this.logFile = join(options.folder, 'log', `${options.name}.log`);
  }

  get name(): string {
    return this.#options.name;
  }

  /** @throws Error when it was not started */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) {
      throw new Error(`${this.name} of the test cluster is not running`);
    }
    return pid;
  }

  start(): this {
    const { command, folder } = this.#options;
    const log = openSync(this.logFile, 'a');
    // setpriv becomes the program; the signal comes when this process ends, whatever ends it.
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], {
      cwd: folder,
      detached: true, // a Ctrl-C at the terminal is for the owner
      stdio: ['ignore', log, log],
      env: { ...process.env, PATH: systemPath(), [CLUSTER_MARK]: folder },
    });
    closeSync(log);
    this.#child.on('error', () => {
      // It never ran; assertRunning says so.
    });
    this.#child.unref();
    return this;
  }

  /** Ends it as a power cut would; nothing in a test cluster is worth an orderly end. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || !isRunning(child)) {
      return;
    }
    const exit = once(child, 'exit');
    child.ref();
    child.kill('SIGKILL');
    await exit;
  }

  /** Freezes it: its connections stay open and nothing answers. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** @throws ComponentEndedError */
  assertRunning(): void {
    const child = this.#child;
    if (child !== null && !isRunning(child)) {
      const how =
        child.signalCode ?? (child.exitCode === null ? 'it did not start' : `exit code ${child.exitCode}`);
      throw new ComponentEndedError(this.name, how, this.logTail());
    }
  }

  logTail(): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  }
}

/** A user's PATH may lack where Debian has iptables and ip. */
function systemPath(): string {
  return [process.env['PATH'] ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(':');
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
