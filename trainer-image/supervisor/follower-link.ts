/**
 * The leader's line to one follower: made again and again, as long as it takes, since names resolve late, pods come late and
 * networks break. In: where the follower should be. Out: whether it is there now, and what it says.
 */
import { SUPERVISOR } from '../../multigrid/contract/timings.ts';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { delayAfter } from '../../timing/backoff.ts';
import { sleep } from '../../timing/timers.ts';
import type { Logger } from '../train/logger.ts';
import { Channel } from './channel.ts';
import type { Message } from './messages.ts';
import { type Address, connectTo, TokenRefusedError } from './secure.ts';

/** Workers whose programs do not fit together. */
export class VersionsDifferError extends Error {
  override readonly name = 'VersionsDifferError';
}

export interface FollowerLinkOptions {
  readonly worker: number;
  readonly address: Address;
  readonly version: string;
  readonly token: () => string;
  readonly logger: Logger;
  /** It came, went, or said something that changes what can be done. */
  readonly onChange: () => void;
}

/** Of an attempt: what becomes of the follower's ranks. */
export interface Attendant {
  readonly onMessage: (message: Message) => void;
  readonly onBytes: (bytes: Buffer) => void;
  readonly onGone: (why: string) => void;
}

const RETRY = { firstMs: SUPERVISOR.firstRetryMs, longestMs: SUPERVISOR.longestRetryMs };

type State = 'away' | 'ready' | 'stopping' | 'leaving';

export class FollowerLink {
  readonly worker: number;
  readonly #options: FollowerLinkOptions;
  #state: State = 'away';
  #channel: Channel | null = null;
  #attendant: Attendant | null = null;
  #lastWhy = '';
  #refusedSinceMs: number | null = null;
  #isDismissed = false;

  constructor(options: FollowerLinkOptions) {
    this.#options = options;
    this.worker = options.worker;
  }

  /** Whether ranks can be started there. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Whether it has been told to go, and waits for its ranks to save what they have. */
  get isLeaving(): boolean {
    return this.#state === 'leaving';
  }

  /** Gets all that it says, until the next one does. */
  attend(attendant: Attendant | null): void {
    this.#attendant = attendant;
  }

  send(message: Message): void {
    this.#channel?.send(message);
  }

  /** @returns whether more may follow at once */
  sendBytes(bytes: Buffer, resume: () => void): boolean {
    const mayGoOn = this.#channel?.sendBytes(bytes) ?? true;
    if (!mayGoOn) {
      this.#channel?.drained(resume);
    }
    return mayGoOn;
  }

  /** Has it end all its ranks. */
  stopRanks(): void {
    if (this.#channel !== null && this.#state !== 'away') {
      this.#state = 'stopping';
      this.#channel.send({ kind: 'stop' });
    }
  }

  /** The job is done: it may go. */
  async dismiss(): Promise<void> {
    this.#isDismissed = true;
    this.#channel?.send({ kind: 'done' });
    await this.#channel?.end();
  }

  /**
   * Keeps the line up until the signal aborts, or the follower is dismissed.
   *
   * @throws TokenRefusedError when the follower has had another token for too long, VersionsDifferError
   */
  async keep(signal: AbortSignal): Promise<void> {
    for (let failures = 1; !signal.aborted && !this.#isDismissed; failures += 1) {
      try {
        await this.#hold(signal);
        failures = 0;
      } catch (error) {
        if (error instanceof VersionsDifferError) {
          throw error;
        }
        this.#tell(error);
        this.#giveUpOnToken(error);
      }
      await sleep(delayAfter(failures, RETRY), signal).catch(() => undefined);
    }
  }

  /** One connection, from its start to its end. */
  async #hold(signal: AbortSignal): Promise<void> {
    const { address, token, onChange } = this.#options;
    const socket = await connectTo(address, token());
    if (signal.aborted || this.#isDismissed) {
      // Nobody would hang up any more: a signal tells only those that listened before it aborted.
      socket.destroy();
      return;
    }
    this.#refusedSinceMs = null;
    const { promise: over, resolve, reject } = Promise.withResolvers<string>();
    const channel = new Channel(socket, {
      onMessage: (message) => {
        try {
          this.#take(message);
        } catch (error) {
          reject(error);
          channel.close(messageOf(error));
        }
      },
      onBytes: (bytes) => {
        this.#attendant?.onBytes(bytes);
      },
      onClosed: resolve,
    });
    this.#channel = channel;
    const hangUp = (): void => {
      channel.close('the leader has come to its end');
    };
    signal.addEventListener('abort', hangUp, { once: true });
    this.#greet(channel);
    try {
      const why = await over;
      this.#tell(new Error(why));
      this.#attendant?.onGone(`worker ${this.worker} is gone: ${why}`);
    } finally {
      signal.removeEventListener('abort', hangUp);
      this.#channel = null;
      this.#state = 'away';
      onChange();
    }
  }

  #greet(channel: Channel): void {
    channel.send({ kind: 'hello', version: this.#options.version, worker: 0 });
    // Whatever a leader before this one has left behind.
    channel.send({ kind: 'stop' });
    this.#state = 'stopping';
  }

  #take(message: Message): void {
    const { worker, version, onChange, logger } = this.#options;
    if (message.kind === 'hello') {
      this.#check(message);
      return;
    }
    if (message.kind === 'stopped' && this.#state === 'stopping') {
      this.#state = 'ready';
      this.#lastWhy = '';
      logger.info('a worker is ready', { worker, version });
    } else if (message.kind === 'leaving') {
      this.#state = this.#state === 'ready' ? 'leaving' : this.#state;
    }
    this.#attendant?.onMessage(message);
    onChange();
  }

  #check({ version, worker }: Extract<Message, { readonly kind: 'hello' }>): void {
    const { version: own, worker: meant, address } = this.#options;
    if (version !== own) {
      throw new VersionsDifferError(
        `worker ${meant} runs version ${version} of the trainer, the first worker runs ${own}: give all workers the same image (delete the pods of the older one)`,
      );
    }
    if (worker !== meant) {
      throw new Error(`${address.host} is worker ${worker}, not ${meant}: its name still leads elsewhere`);
    }
  }

  #tell(error: unknown): void {
    const why = messageOf(error);
    if (why !== this.#lastWhy) {
      this.#lastWhy = why;
      this.#options.logger.info('waiting for a worker', { worker: this.worker, why });
    }
  }

  #giveUpOnToken(error: unknown): void {
    if (!(error instanceof TokenRefusedError)) {
      this.#refusedSinceMs = null;
      return;
    }
    const nowMs = performance.now();
    this.#refusedSinceMs ??= nowMs;
    if (nowMs - this.#refusedSinceMs > SUPERVISOR.tokenPatienceMs) {
      throw error;
    }
  }
}
