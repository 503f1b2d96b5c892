/**
 * A worker that another one leads: it waits for the leader's supervisor, starts ranks when told to and ends them when told to, or
 * when nothing is heard of the leader any more. In: the place where it listens and what it starts. Out: the worker's exit code, once the job
 * is done or this worker has been told to go.
 */
import type { TLSSocket } from 'node:tls';
import { EXIT, STOPPED } from '../../multigrid/contract/exit-codes.ts';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import type { Logger } from '../train/logger.ts';
import { Channel } from './channel.ts';
import type { Message } from './messages.ts';
import type { RankHost } from './rank-host.ts';
import { Relay, RelayDoor } from './relay.ts';
import { listen, type Place } from './secure.ts';

export interface FollowerOptions {
  readonly worker: number;
  /** Of the program: workers of different versions do not train together. */
  readonly version: string;
  readonly place: Place;
  /** The job's token, as it is now. */
  readonly token: () => string;
  readonly host: RankHost;
  readonly logger: Logger;
  /** Told of the port that it listens on. */
  readonly onListening?: (port: number) => void;
}

/**
 * @param stop - aborts when this worker is to go; its ranks save what they have first
 * @returns the worker's exit code
 * @throws the system's error when the port cannot be had
 */
export async function follow(options: FollowerOptions, stop: AbortSignal): Promise<number> {
  const { place, token, logger, onListening } = options;
  const follower = new Follower(options);
  const listening = await listen(
    place,
    token,
    (socket) => {
      follower.meet(socket);
    },
    (why) => {
      logger.warn('a connection to this worker was refused', { why });
    },
  );
  onListening?.(listening.port);
  const leave = (): void => {
    follower.leave();
  };
  stop.addEventListener('abort', leave, { once: true });
  if (stop.aborted) {
    leave();
  }
  try {
    return await follower.ended;
  } finally {
    stop.removeEventListener('abort', leave);
    await follower.close();
    await listening.close();
  }
}

class Follower {
  readonly #options: FollowerOptions;
  readonly #end = Promise.withResolvers<number>();
  #leader: Channel | null = null;
  #relay: Relay | null = null;
  #door: RelayDoor | null = null;
  #isLeaving = false;
  #hasRanks = false;
  /** What is done to processes, one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  get ended(): Promise<number> {
    return this.#end.promise;
  }

  /** A leader: the first one, or the successor of one that does not know yet that it is gone. */
  meet(socket: TLSSocket): void {
    const { worker, version, logger } = this.#options;
    this.#leader?.close('another leader has come');
    const leader: Channel = new Channel(socket, {
      onMessage: (message) => {
        this.#take(leader, message);
      },
      onBytes: (bytes) => {
        this.#relay?.write(bytes);
      },
      onClosed: (why) => {
        logger.info('the first worker is gone', { why });
        if (this.#leader === leader) {
          this.#leader = null;
        }
        this.#do(() => this.#endRanks());
      },
    });
    this.#leader = leader;
    leader.send({ kind: 'hello', version, worker });
    if (this.#isLeaving) {
      leader.send({ kind: 'leaving' });
    }
  }

  leave(): void {
    this.#isLeaving = true;
    if (this.#hasRanks) {
      // Its ranks come to their end with the others, as soon as all have heard of it.
      this.#leader?.send({ kind: 'leaving' });
    } else {
      this.#end.resolve(STOPPED);
    }
  }

  async close(): Promise<void> {
    this.#do(() => this.#endRanks());
    await this.#work;
    await this.#leader?.end();
  }

  #take(leader: Channel, message: Message): void {
    // Whatever else is said is a greeting: which versions fit is for the leader to say.
    if (message.kind === 'start') {
      this.#do(() => this.#startRanks(leader, message.proxy));
    } else if (message.kind === 'disconnected') {
      this.#relay?.end();
    } else if (message.kind === 'stop') {
      this.#do(async () => {
        await this.#endRanks();
        leader.send({ kind: 'stopped' });
      });
    } else if (message.kind === 'done') {
      this.#end.resolve(0);
    }
  }

  async #startRanks(leader: Channel, proxy: number): Promise<void> {
    if (this.#leader !== leader || this.#isLeaving) {
      return;
    }
    this.#door = await RelayDoor.open((socket) => {
      leader.send({ kind: 'connected' });
      this.#relay = new Relay(socket, {
        onBytes: (bytes, resume) => {
          const mayGoOn = leader.sendBytes(bytes);
          if (!mayGoOn) {
            leader.drained(resume);
          }
          return mayGoOn;
        },
        onClosed: () => {
          leader.send({ kind: 'disconnected' });
        },
      });
    });
    this.#hasRanks = true;
    this.#options.host.start({ port: this.#door.port, proxy }, (code) => {
      leader.send({ kind: 'ended', code });
    });
  }

  async #endRanks(): Promise<void> {
    this.#door?.close();
    this.#relay?.destroy();
    this.#relay = null;
    await this.#options.host.end();
    this.#hasRanks = false;
    if (this.#isLeaving) {
      this.#end.resolve(STOPPED);
    }
  }

  #do(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      // A worker that cannot start or end its ranks is of no use to the others.
      this.#options.logger.warn('this worker cannot go on', { why: messageOf(error) });
      this.#end.resolve(EXIT.tryAgain);
    });
  }
}
