/**
 * The ranks of one worker, as its supervisor has them: a proxy of hydra's that starts and hears them. In: where the proxy finds its
 * launcher. Out: the proxy's exit code, and, when asked for, no process at all.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { TRAINER_ENV } from '../../multigrid/contract/environment.ts';
import { codeOfSignal, EXIT } from '../../multigrid/contract/exit-codes.ts';
import { constants } from 'node:os';
import { OVER_TCP } from '../mpi/start-ranks.ts';
import { signalChild } from '../native/signal-child.ts';
import { endMarked, type Mark } from './marked-processes.ts';
import { proxyArguments, type ProxyPlace } from './proxy-command.ts';

export interface RankHostOptions {
  /** File of hydra's proxy. */
  readonly proxy: string;
  /** All that the ranks get to see, beside what MPI tells them. */
  readonly env: Readonly<Record<string, string>>;
  /** Of the proxy itself, which says something only when it fails. */
  readonly onLine: (text: string) => void;
}

export class RankHost {
  readonly #options: RankHostOptions;
  readonly #mark: Mark = { name: TRAINER_ENV.supervisorMark, value: randomUUID() };
  #proxy: { readonly child: ChildProcess; readonly over: Promise<null> } | null = null;

  constructor(options: RankHostOptions) {
    this.#options = options;
  }

  /** @param onEnd - gets the proxy's exit code */
  start(place: ProxyPlace, onEnd: (code: number) => void): void {
    const { proxy, env, onLine } = this.#options;
    const child: ChildProcess = spawn(proxy, proxyArguments(place), {
      env: { ...OVER_TCP, ...env, [this.#mark.name]: this.#mark.value },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const hear = (chunk: Buffer): void => {
      onLine(chunk.toString().trimEnd());
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    const { promise: over, resolve } = Promise.withResolvers<null>();
    this.#proxy = { child, over };
    child.once('error', (error) => {
      onLine(`${proxy} cannot be started: ${error.message}`);
      onEnd(EXIT.notStarted);
      resolve(null);
    });
    child.once('exit', (code, signal) => {
      onEnd(code ?? codeOfSignal(signal === null ? 0 : constants.signals[signal]));
      resolve(null);
    });
  }

  /** Ends all of them; when it is done, `onEnd` has been called. @throws ProcessesRemainError */
  async end(): Promise<void> {
    if (this.#proxy !== null) {
      signalChild(this.#proxy.child, 'SIGKILL');
    }
    await endMarked(this.#mark);
    // One that is ending shows no mark any more, and is still there.
    await this.#proxy?.over;
    this.#proxy = null;
  }
}
