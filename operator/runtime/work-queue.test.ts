import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { WorkQueue } from './work-queue.ts';

/** Timers that fire when told to. */
class ManualTimers {
  nowMs = 0;
  readonly #sleepers: { readonly atMs: number; readonly wake: () => void; readonly signal: AbortSignal }[] =
    [];

  readonly now = (): number => this.nowMs;

  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      this.#sleepers.push({ atMs: this.nowMs + ms, wake: resolve, signal });
      signal.addEventListener('abort', () => {
        reject(new Error('cancelled'));
      });
    });

  /** How many sleeps are neither over nor cancelled. */
  get pending(): number {
    return this.#sleepers.filter(({ atMs, signal }) => atMs > this.nowMs && !signal.aborted).length;
  }

  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    for (const { atMs, wake } of this.#sleepers) {
      if (atMs <= this.nowMs) {
        wake();
      }
    }
    await settle();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the work queue', () => {
  test('hands a key out once however often it was added, and once more when it was added meanwhile', async () => {
    const queue = new WorkQueue(new ManualTimers());
    queue.add('a');
    queue.add('a');
    expect(await queue.take()).toBe('a');
    queue.add('a');
    queue.add('b');
    expect(await queue.take()).toBe('b');
    const next = queue.take();
    await settle();
    queue.done('a');
    expect(await next).toBe('a');
  });

  test('never has a key worked on twice at a time and forgets none, whatever the order of events', async () => {
    const events = fc.array(fc.tuple(fc.constantFrom('add', 'done'), fc.constantFrom('a', 'b', 'c')), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(events, async (sequence) => {
        const queue = new WorkQueue(new ManualTimers());
        const working = new Set<string>();
        const owed = new Set<string>();
        const worker = (async () => {
          for (let key = await queue.take(); key !== null; key = await queue.take()) {
            expect(working.has(key)).toBe(false);
            working.add(key);
            owed.delete(key);
          }
        })();
        for (const [what, key] of sequence) {
          if (what === 'add') {
            owed.add(key);
            queue.add(key);
          } else if (working.delete(key)) {
            queue.done(key);
          }
          await settle();
        }
        expect([...owed].every((key) => working.has(key))).toBe(true);
        queue.close();
        await worker;
      }),
      { numRuns: 50 },
    );
  });

  test('hands a delayed key out when it is due, at the earliest of its times', async () => {
    const timers = new ManualTimers();
    const queue = new WorkQueue(timers);
    queue.addAfter('a', 500);
    queue.addAfter('a', 200);
    queue.addAfter('a', 900);
    let taken: string | null = null;
    void queue.take().then((key) => {
      taken = key;
    });
    await timers.pass(199);
    expect(taken).toBeNull();
    await timers.pass(1);
    expect(taken).toBe('a');
    expect(timers.pending).toBe(0);
  });

  test('lets an addition now take the place of a later one', async () => {
    const timers = new ManualTimers();
    const queue = new WorkQueue(timers);
    queue.addAfter('a', 500);
    queue.add('a');
    expect(await queue.take()).toBe('a');
    queue.done('a');
    expect(timers.pending).toBe(0);
  });

  test('answers those who wait with null when it is closed, and takes nothing more', async () => {
    const timers = new ManualTimers();
    const queue = new WorkQueue(timers);
    const waiting = queue.take();
    queue.addAfter('b', 100);
    queue.close();
    queue.add('a');
    expect(await waiting).toBeNull();
    expect(await queue.take()).toBeNull();
    expect(timers.pending).toBe(0);
  });
});
