/**
 * A side of a row that is several ranks: each does its share of the same step when it is told to, all at once. In: how they are
 * started. Out: times per step and rank. Ranks connect to a socket, since waiting for a line there costs no processor time, which
 * waiting in MPI does.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What one rank did in one step; moments are those of the machine's clock, milliseconds. */
export interface RankStep {
  readonly rank: number;
  readonly startMs: number;
  /** When its gradients were ready, and it began to wait for the others'. */
  readonly readyMs: number;
  readonly summedMs: number;
  readonly endMs: number;
  readonly cpuMs: number;
}

/** Processes that connect to the socket and answer there. */
export interface StartedRanks {
  /** Settles when all have ended; rejects when one ended badly. */
  readonly ended: Promise<unknown>;
}

interface Line {
  readonly lines: AsyncIterator<string>;
  readonly socket: Socket;
}

export class RanksSide {
  readonly name: string;
  /** By step; the ranks of each in any order. */
  readonly steps: (readonly RankStep[])[] = [];
  readonly #ranks: readonly Line[];
  readonly #server: Server;
  readonly #started: StartedRanks;

  private constructor(name: string, server: Server, started: StartedRanks, ranks: readonly Line[]) {
    this.name = name;
    this.#server = server;
    this.#started = started;
    this.#ranks = ranks;
  }

  /** Starts the ranks and waits until each has done its first step. @param start - gets the path of the socket */
  static async start(
    name: string,
    ranks: number,
    start: (socketPath: string) => StartedRanks,
  ): Promise<RanksSide> {
    const folder = mkdtempSync(join(tmpdir(), 'bench-ranks-'));
    const server = createServer();
    try {
      const path = join(folder, 'socket');
      server.listen(path);
      await once(server, 'listening');
      const connected = connections(server, ranks);
      const started = start(path);
      const early = started.ended.then(() => {
        throw new Error(`${name} ended before its first step`);
      });
      const lines = await Promise.race([connected, early]);
      await Promise.race([Promise.all(lines.map((line) => answer(name, line))), early]);
      started.ended.catch(() => undefined);
      return new RanksSide(name, server, started, lines);
    } catch (error) {
      server.close();
      throw error;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** One step of all ranks; its times are remembered unless it only warms up. */
  async step(warmUp: boolean): Promise<void> {
    for (const { socket } of this.#ranks) {
      socket.write('step\n');
    }
    const answers = await Promise.all(this.#ranks.map((line) => answer(this.name, line)));
    if (!warmUp) {
      this.steps.push(answers.map(rankStep));
    }
  }

  async end(): Promise<void> {
    for (const { socket } of this.#ranks) {
      socket.end();
    }
    await this.#started.ended;
    this.#server.close();
  }
}

async function connections(server: Server, ranks: number): Promise<readonly Line[]> {
  const lines: Line[] = [];
  return new Promise((resolve) => {
    server.on('connection', (socket) => {
      lines.push({ socket, lines: createInterface({ input: socket })[Symbol.asyncIterator]() });
      if (lines.length === ranks) {
        resolve(lines);
      }
    });
  });
}

async function answer(name: string, { lines }: Line): Promise<string> {
  const next = await lines.next();
  if (next.done === true) {
    throw new Error(`a rank of ${name} ended before its time`);
  }
  return next.value;
}

function rankStep(text: string): RankStep {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !isRankStep(value)) {
    throw new Error(`a rank answered "${text}"`);
  }
  return value;
}

function isRankStep(value: object): value is RankStep {
  return ['rank', 'startMs', 'readyMs', 'summedMs', 'endMs', 'cpuMs'].every((name) => name in value);
}
