/**
 * Semaphores of the C library, for signals between threads of this process that need no event loop: one can be waited for inside a
 * call of native code. In: shared memory, or how many. Out: semaphores by number. Whoever has the memory has the same semaphores.
 */
import { type Address, addressOf, functionAddress, openLibrary } from './c-library.ts';

/** More than `sem_t` takes anywhere (32 bytes), and a line of the cache, so that two threads do not disturb each other. */
const BYTES = 64;
const LIBRARY = 'libc.so.6';

export class Semaphores {
  readonly memory: SharedArrayBuffer;
  readonly count: number;
  /** Keeps the memory where the addresses point. */
  readonly #bytes: Uint8Array;
  readonly #start: Address;
  readonly #library: ReturnType<typeof openSemaphores>;

  private constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.count = memory.byteLength / BYTES;
    this.#bytes = new Uint8Array(memory);
    this.#start = addressOf(this.#bytes);
    this.#library = openSemaphores();
  }

  /** New ones, all at 0. */
  static create(count: number): Semaphores {
    const semaphores = new Semaphores(new SharedArrayBuffer(count * BYTES));
    semaphores.reset();
    return semaphores;
  }

  /** Those that another thread made in this memory. */
  static over(memory: SharedArrayBuffer): Semaphores {
    return new Semaphores(memory);
  }

  /** All to 0; nobody may be waiting. */
  reset(): void {
    for (let index = 0; index < this.count; index += 1) {
      this.#library.init(this.address(index), 0, 0);
    }
  }

  /** Blocks this thread until somebody posts. */
  wait(index: number): void {
    let isOver = false;
    // A signal's handler ends the wait early.
    while (!isOver) {
      isOver = Number(this.#library.wait(this.address(index))) === 0;
    }
  }

  /** Takes a signal if there is one. */
  tryWait(index: number): boolean {
    return Number(this.#library.tryWait(this.address(index))) === 0;
  }

  post(index: number): void {
    this.#library.post(this.address(index));
  }

  address(index: number): Address {
    return this.#start + BigInt(index * BYTES);
  }
}

/** Addresses of the C functions, each of which takes the address of a semaphore. */
export function semaphoreFunctions(): { readonly wait: Address; readonly post: Address } {
  return { wait: functionAddress(LIBRARY, 'sem_wait'), post: functionAddress(LIBRARY, 'sem_post') };
}

function openSemaphores() {
  const library = openLibrary(LIBRARY);
  if (typeof library === 'string') {
    throw new TypeError(`semaphores need glibc: ${library}`);
  }
  return {
    init: library.function('sem_init', 'int', ['void *', 'int', 'unsigned int']),
    wait: library.function('sem_wait', 'int', ['void *']),
    tryWait: library.function('sem_trywait', 'int', ['void *']),
    post: library.function('sem_post', 'int', ['void *']),
  };
}
