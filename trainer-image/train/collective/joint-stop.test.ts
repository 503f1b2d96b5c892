import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { inWorkers } from '../../../test/support/workers-in-memory.ts';
import { JointStop, OtherWorkerStoppedError } from './joint-stop.ts';
import { SOLO } from './solo.ts';

async function untilAsked(asked: AbortSignal): Promise<never> {
  await once(asked, 'abort');
  throw asked.reason;
}

describe('work that workers do together', () => {
  test('ends on all of them when one is asked to stop in the middle of it', async () => {
    const ends = await inWorkers(3, async (worker) => {
      const asked = new AbortController();
      const stop = new JointStop(worker, asked.signal);
      const end = stop
        .together(worker.rank === 1 ? untilAsked : () => Promise.resolve('done'))
        .catch((error: unknown) => error);
      if (worker.rank === 1) {
        asked.abort(new Error('SIGTERM'));
      }
      return { end: await end, isStopped: stop.signal.aborted };
    });
    expect(ends.map(({ isStopped }) => isStopped)).toEqual([true, true, true]);
    expect(ends[1]?.end).toEqual(new Error('SIGTERM'));
    expect([ends[0]?.end, ends[2]?.end]).toEqual([
      new OtherWorkerStoppedError(),
      new OtherWorkerStoppedError(),
    ]);
  });

  test('gives each its result, and one that is asked when its work is done goes on to the next sum', async () => {
    const ends = await inWorkers(2, async (worker) => {
      const asked = new AbortController();
      const stop = new JointStop(worker, asked.signal);
      const result = await stop.together(() => {
        asked.abort();
        return Promise.resolve(worker.rank);
      });
      return { result, isAsked: stop.isAsked, isStopped: stop.signal.aborted };
    });
    expect(ends).toEqual([0, 1].map((result) => ({ result, isAsked: true, isStopped: false })));
  });

  test('fails on the one whose work fails, which waits for nobody', async () => {
    const failing = inWorkers(2, (worker) =>
      new JointStop(worker, new AbortController().signal).together(() =>
        worker.rank === 0 ? Promise.reject(new Error('out of luck')) : Promise.resolve(),
      ),
    );
    await expect(failing).rejects.toThrow('out of luck');
  });
});

describe('a worker', () => {
  test('that is alone stops at once', () => {
    const asked = new AbortController();
    const stop = new JointStop(SOLO, asked.signal);
    asked.abort(new Error('SIGTERM'));
    expect(() => {
      stop.signal.throwIfAborted();
    }).toThrow('SIGTERM');
  });

  test('of several stops when a sum says so', async () => {
    await inWorkers(2, (worker) => {
      const asked = new AbortController();
      const stop = new JointStop(worker, asked.signal);
      asked.abort();
      stop.settle({ isStopAsked: false });
      expect(stop.signal.aborted).toBe(false);
      stop.settle({ isStopAsked: true });
      expect(stop.signal.aborted).toBe(true);
      return Promise.resolve();
    });
  });
});
