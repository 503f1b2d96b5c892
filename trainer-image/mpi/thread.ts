/**
 * The thread of the collectives: all of MPI is called here, one collective after the other, while the main thread goes on. In:
 * the library, and orders. Out: an answer to each, in order. Blocked inside MPI it hears of nothing; the main thread watches it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Collectives } from './collectives.ts';
import { MpiFunctions } from './mpi-functions.ts';
import { type Answer, failed, type Order, type Started, type ThreadStart } from './thread-protocol.ts';

function isStart(value: unknown): value is ThreadStart {
  return typeof value === 'object' && value !== null && 'library' in value && 'awaited' in value;
}

class CollectiveThread {
  readonly #mpi: MpiFunctions;
  readonly #collectives: Collectives;

  constructor({ library, awaited }: ThreadStart) {
    this.#mpi = new MpiFunctions(library);
    this.#mpi.init();
    this.#collectives = new Collectives(this.#mpi, awaited.subarray(0, this.#mpi.size()));
  }

  started(): Started {
    return { rank: this.#mpi.rank(), size: this.#mpi.size(), version: this.#mpi.version() };
  }

  carryOut(order: Order): void {
    if (order.kind === 'finalize') {
      this.#mpi.finalize();
    } else {
      this.#collectives.take(order.kind, order.address, order.length);
    }
  }
}

const port = parentPort;
const start: unknown = workerData;
if (port === null || !isStart(start)) {
  throw new TypeError('this file runs as a thread only');
}

function answer(work: () => Started | null): void {
  let answered: Answer;
  try {
    answered = { kind: 'done', started: work() };
  } catch (error) {
    answered = failed(error);
  }
  port?.postMessage(answered);
}

let thread: CollectiveThread | null = null;
answer(() => {
  thread = new CollectiveThread(start);
  return thread.started();
});
port.on('message', (order: Order) => {
  answer(() => {
    thread?.carryOut(order);
    return null;
  });
  if (order.kind === 'finalize') {
    port.close();
  }
});
