import { describe, expect, test } from '@jest/globals';
import type { Progress } from '../../multigrid/progress.ts';
import { makeProgress } from '../../test/support/run/jobs.ts';
import { type OutboxOptions, ProgressLostError, ProgressOutbox } from './progress-outbox.ts';

/** A clock that moves only when it is told to, and the outbox that goes by it. */
class Bench {
  readonly sent: Progress[] = [];
  readonly errors: unknown[] = [];
  readonly outbox: ProgressOutbox;
  isReachable = true;
  isStuck = false;
  /** Until it answers. */
  slowMs = 0;
  nowMs = 0;
  readonly #sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];

  constructor(options: Partial<OutboxOptions> = {}) {
    this.outbox = new ProgressOutbox({
      ...options,
      send: async (progress) => {
        if (this.isStuck) {
          return new Promise(() => undefined);
        }
        if (this.slowMs > 0) {
          await this.#sleep(this.slowMs);
        }
        if (!this.isReachable) {
          throw new Error('no route to the object');
        }
        this.sent.push(progress);
      },
      onError: (error) => {
        this.errors.push(error);
      },
      monotonicNow: () => this.nowMs,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    });
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sleepers.push({ atMs: this.nowMs + ms, wake: resolve });
      signal?.addEventListener('abort', () => {
        reject(new Error('aborted'));
      });
    });
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    while (this.nowMs < untilMs) {
      this.nowMs += 100;
      for (const { atMs, wake } of this.#sleepers) {
        if (atMs <= this.nowMs) {
          wake();
        }
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const step = (iteration: number, change: Partial<Progress> = {}): Progress =>
  makeProgress({ iteration, ...change });

describe('the progress outbox', () => {
  test('sends movement about once a second and the newest of it, however often it is put', async () => {
    const bench = new Bench();
    for (let iteration = 0; iteration < 50; iteration += 1) {
      await bench.outbox.put(step(iteration));
      await bench.pass(100);
    }
    await bench.pass(1000);
    expect(bench.sent.length).toBeGreaterThanOrEqual(5);
    expect(bench.sent.length).toBeLessThanOrEqual(7);
    expect(bench.sent.at(-1)?.iteration).toBe(49);
  });

  test.each<[string, Partial<Progress>]>([
    ['state', { state: 'Evaluating' }],
    ['phase', { phase: 1 }],
    ['generation', { generation: 2 }],
    ['attendance', { unattended: true }],
    ['checkpoint', { lastCheckpoint: { path: 'checkpoints/10', iteration: 10, epoch: 1 } }],
    ['failure', { failure: { reason: 'LossNotFinite', message: 'NaN', retryable: false } }],
  ])('has written a change of %s before it answers', async (_what, change) => {
    const bench = new Bench();
    await bench.outbox.put(step(1));
    await bench.outbox.put(step(2));
    expect(bench.sent).toHaveLength(1);
    await bench.outbox.put(step(3, change));
    expect(bench.sent.map(({ iteration }) => iteration)).toEqual([1, 3]);
  });

  test('tries again what could not be sent, and tells of every failure', async () => {
    const bench = new Bench();
    bench.isReachable = false;
    await bench.outbox.put(step(1));
    await bench.pass(2000);
    expect(bench.errors.length).toBeGreaterThanOrEqual(2);
    bench.isReachable = true;
    await bench.pass(2100);
    expect(bench.sent.map(({ iteration }) => iteration)).toEqual([1]);
  });

  test('gives who answers late, or not at all, time between tries', async () => {
    const bench = new Bench({ retryMs: 5000 });
    bench.isReachable = false;
    bench.slowMs = 10_000;
    await Promise.all([bench.outbox.put(step(1)), bench.pass(200_000)]);
    // Ten seconds each; after 5, 10 and then every 20.
    expect(bench.errors.length).toBeGreaterThanOrEqual(6);
    expect(bench.errors.length).toBeLessThanOrEqual(8);
    bench.isReachable = true;
    await bench.pass(31_000);
    expect(bench.sent).toHaveLength(1);
  });

  test('tries news again soon, also where mere movement has time', async () => {
    const bench = new Bench({ intervalMs: () => 25_000, retryMs: 1000 });
    await bench.outbox.put(step(1));
    await bench.outbox.put(step(2));
    await bench.pass(2000);
    expect(bench.sent).toHaveLength(1);
    bench.isReachable = false;
    await bench.outbox.put(step(3, { state: 'Waiting' }));
    await bench.pass(500);
    bench.isReachable = true;
    await bench.pass(1000);
    expect(bench.sent.map(({ iteration }) => iteration)).toEqual([1, 3]);
    await bench.outbox.put(step(4, { state: 'Waiting' }));
    await bench.pass(20_000);
    expect(bench.sent).toHaveLength(2);
    await bench.pass(6000);
    expect(bench.sent.at(-1)?.iteration).toBe(4);
  });

  test('goes by the interval as it is when it is asked', async () => {
    let intervalMs = 25_000;
    const bench = new Bench({ intervalMs: () => intervalMs });
    await bench.outbox.put(step(1));
    intervalMs = 8000;
    await bench.outbox.put(step(2));
    await bench.pass(8100);
    expect(bench.sent).toHaveLength(2);
  });

  test('has sent the newest progress when it is closed', async () => {
    const bench = new Bench();
    await bench.outbox.put(step(1));
    await bench.outbox.put(step(2));
    await bench.outbox.close();
    expect(bench.sent.map(({ iteration }) => iteration)).toEqual([1, 2]);
  });

  test('says at its end that the last progress is lost when nobody can be reached', async () => {
    const bench = new Bench();
    bench.isReachable = false;
    await bench.outbox.put(step(1, { state: 'Finished' }));
    const closing = bench.outbox.close();
    const outcome = expect(closing).rejects.toBeInstanceOf(ProgressLostError);
    await bench.pass(11_000);
    await outcome;
  });

  test('holds nobody up for longer than it was told to when a delivery takes its time', async () => {
    const bench = new Bench({ putTimeoutMs: 2000 });
    bench.isStuck = true;
    let isBack = false;
    const putting = bench.outbox.put(step(1)).then(() => {
      isBack = true;
    });
    await bench.pass(1000);
    expect(isBack).toBe(false);
    await bench.pass(1500);
    await putting;
  });

  test('goes on trying at its end while nobody is in a hurry, and ten seconds more once somebody is', async () => {
    const bench = new Bench({ closeTimeoutMs: 600_000 });
    bench.isReachable = false;
    await bench.outbox.put(step(1, { state: 'Finished' }));
    const hurry = new AbortController();
    let isLost = false;
    const closing = bench.outbox.close(hurry.signal).catch((error: unknown) => {
      isLost = error instanceof ProgressLostError;
    });
    await bench.pass(60_000);
    expect(isLost).toBe(false);
    hurry.abort();
    await bench.pass(11_000);
    await closing;
    expect(isLost).toBe(true);
  });
});
