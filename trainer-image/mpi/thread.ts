/**
 * The thread of the collectives: all of MPI is called here, one collective after the other, while the main thread goes on. In:
 * the library, orders and asides. Out: an answer to each order, in order, and on the first rank the last words of others. Blocked
 * inside MPI it hears of nothing; the main thread watches it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { callIfStillThere } from '../../timing/timers.ts';
import { Asides } from './asides.ts';
import { Collectives } from './collectives.ts';
import { MpiFunctions } from './mpi-functions.ts';
import {
  type Answer,
  type Aside,
  failed,
  type Order,
  type Started,
  type ThreadStart,
} from './thread-protocol.ts';

/** The first rank looks for last words of others this often while it takes part in nothing. */
const LOOK_MS = 100;

function isStart(value: unknown): value is ThreadStart {
  return typeof value === 'object' && value !== null && 'library' in value && 'awaited' in value;
}

class CollectiveThread {
  readonly #mpi: MpiFunctions;
  readonly #collectives: Collectives;
  readonly #asides: Asides;
  readonly #say: (answer: Answer) => void;
  readonly #isFirst: boolean;
  #takeBackLook: () => void = () => undefined;

  constructor({ library, awaited, heard }: ThreadStart, say: (answer: Answer) => void) {
    this.#mpi = new MpiFunctions(library);
    this.#mpi.init();
    this.#say = say;
    const [rank, size] = [this.#mpi.rank(), this.#mpi.size()];
    this.#isFirst = rank === 0 && size > 1;
    // The next one first, so that not all turn to the same one at once.
    const others = Array.from({ length: size - 1 }, (_, step) => (rank + 1 + step) % size);
    this.#asides = new Asides(this.#mpi, others);
    const look = (): void => {
      this.#lookForLastWords();
    };
    this.#collectives = new Collectives(
      this.#mpi,
      others,
      { awaited: awaited.subarray(0, size), heard },
      look,
    );
    if (this.#isFirst) {
      this.#lookAgain();
    }
  }

  started(): Started {
    return { rank: this.#mpi.rank(), size: this.#mpi.size(), version: this.#mpi.version() };
  }

  carryOut(order: Order): void {
    if (order.kind === 'finalize') {
      this.#takeBackLook();
      this.#asides.finish();
      this.#mpi.finalize();
    } else if (order.kind === 'exchanges') {
      this.#collectives.exchange(order.shared, order.groups);
    } else {
      this.#collectives.take(order.kind, order.address, order.length);
    }
  }

  sayAside(aside: Aside): void {
    if (aside.kind === 'late') {
      this.#asides.sayLate();
    } else {
      this.#asides.sayLastWords(aside.text);
    }
  }

  #lookAgain(): void {
    this.#takeBackLook = callIfStillThere(LOOK_MS, () => {
      this.#lookForLastWords();
      this.#lookAgain();
    });
  }

  #lookForLastWords(): void {
    const text = this.#isFirst ? this.#asides.lastWords() : null;
    if (text !== null) {
      this.#say({ kind: 'lastWords', text });
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
  thread = new CollectiveThread(start, (said) => {
    port.postMessage(said);
  });
  return thread.started();
});
port.on('message', (order: Order | Aside) => {
  if (order.kind === 'late' || order.kind === 'lastWords') {
    thread?.sayAside(order);
    return;
  }
  answer(() => {
    thread?.carryOut(order);
    return null;
  });
  if (order.kind === 'finalize') {
    port.close();
  }
});
