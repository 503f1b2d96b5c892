/**
 * One attempt of all ranks of all workers, from their start to their end. In: the lines to the followers, all ready, and the
 * ranks' command. Out: how the attempt ended; when it has, no process of it is left on any worker that can be reached.
 */
import type { RankLine, RanksEnd, RunningRanks } from '../mpi/start-ranks.ts';
import { startRanks } from '../mpi/start-ranks.ts';
import type { AttemptEnd } from './after-attempt.ts';
import type { FollowerLink } from './follower-link.ts';
import type { Message } from './messages.ts';
import { LAUNCH, LOOPBACK, type ProxyPlace, readLaunchLine } from './proxy-command.ts';
import type { RankHost } from './rank-host.ts';
import { Relay } from './relay.ts';

export interface RankCommand {
  /** Hydra's `mpiexec`. */
  readonly mpiexec: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly ranksPerWorker: number;
  /** Of the launcher; ranks have that of their own worker. */
  readonly env: Readonly<Record<string, string>>;
}

export interface AttemptParts {
  readonly command: RankCommand;
  /** This worker's own ranks. */
  readonly host: RankHost;
  /** By worker, from the second one. */
  readonly followers: readonly FollowerLink[];
  readonly onLine: (line: RankLine) => void;
}

export class Attempt {
  readonly #parts: AttemptParts;
  readonly #running: RunningRanks;
  readonly #relays = new Map<number, Relay>();
  readonly #cut = Promise.withResolvers<AttemptEnd>();
  #port = 0;
  #connected = 0;
  /** A rank here has said something, and so the launcher has its own proxy. */
  #isHeard = false;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    const { command, followers } = parts;
    const hosts = [0, ...followers.map(({ worker }) => worker)];
    this.#running = startRanks(
      {
        ...command,
        ranks: hosts.length * command.ranksPerWorker,
        hosts: {
          here: LOOPBACK,
          list: hosts.map((worker) => `worker-${worker}:${command.ranksPerWorker}`),
        },
      },
      (line) => {
        this.#hear(line);
      },
    );
    for (const follower of followers) {
      follower.attend({
        onMessage: (message) => {
          this.#take(follower, message);
        },
        onBytes: (bytes) => {
          this.#relays.get(follower.worker)?.write(bytes);
        },
        onGone: (why) => {
          this.cut(why);
        },
      });
    }
  }

  /** Has all ranks save what they have and end. Those that have not begun are ended at once. */
  stop(): void {
    if (!this.#isHeard || this.#connected < this.#parts.followers.length) {
      // A launcher that still waits for its proxies loses signals.
      this.cut('stopped before all ranks had begun');
      return;
    }
    this.#running.kill('SIGTERM');
  }

  /** Ends all ranks now. */
  cut(why: string): void {
    this.#cut.resolve({ kind: 'cut', why });
  }

  /** @throws ProcessesRemainError */
  async end(): Promise<AttemptEnd> {
    const ended = this.#running.ended.then((end: RanksEnd): AttemptEnd => ({ kind: 'ended', end }));
    const first = await Promise.race([ended, this.#cut.promise]);
    this.#running.kill('SIGKILL');
    await ended;
    for (const relay of this.#relays.values()) {
      relay.destroy();
    }
    for (const follower of this.#parts.followers) {
      follower.attend(null);
      follower.stopRanks();
    }
    await this.#parts.host.end();
    return first;
  }

  #hear(line: RankLine): void {
    this.#isHeard ||= line.rank !== null && line.rank < this.#parts.command.ranksPerWorker;
    try {
      const place = line.rank === null && line.stream === 'stdout' ? readLaunchLine(line.text) : null;
      if (place !== null) {
        this.#launch(place);
      } else if (line.text !== LAUNCH.end) {
        this.#parts.onLine(line);
      }
    } catch (error) {
      this.cut(String(error));
    }
  }

  #launch(place: ProxyPlace): void {
    const { host, followers } = this.#parts;
    this.#port = place.port;
    if (place.proxy === 0) {
      host.start(place, (code) => {
        this.#proxyEnded(0, code);
      });
    } else {
      const follower = followers[place.proxy - 1];
      follower?.send({ kind: 'start', proxy: place.proxy });
    }
  }

  #take(follower: FollowerLink, message: Message): void {
    const { worker } = follower;
    if (message.kind === 'connected') {
      this.#connected += 1;
      this.#relays.set(
        worker,
        Relay.to(this.#port, {
          onBytes: (bytes, resume) => follower.sendBytes(bytes, resume),
          onClosed: () => {
            follower.send({ kind: 'disconnected' });
          },
        }),
      );
    } else if (message.kind === 'disconnected') {
      this.#relays.get(worker)?.end();
    } else if (message.kind === 'ended') {
      this.#proxyEnded(worker, message.code);
    }
  }

  /** Without it the launcher would wait for ever; one that has done its work is gone before the launcher is. */
  #proxyEnded(worker: number, code: number): void {
    if (code !== 0) {
      this.cut(`the proxy of worker ${worker} exited with code ${code}`);
    }
  }
}
