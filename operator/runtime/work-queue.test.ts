import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { settle, VirtualTime } from '../../test/support/virtual-time.ts';
import { WorkQueue } from './work-queue.ts';

describe('the work queue', () => {
  test('hands a key out once however often it was added, and once more when it was added meanwhile', async () => {
    const queue = new WorkQueue(new VirtualTime());
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
        const queue = new WorkQueue(new VirtualTime(), null, (key) => key === 'a');
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
    const time = new VirtualTime();
    const queue = new WorkQueue(time);
    queue.addAfter('a', 500);
    queue.addAfter('a', 200);
    queue.addAfter('a', 900);
    let taken: string | null = null;
    void queue.take().then((key) => {
      taken = key;
    });
    await time.pass(199);
    expect(taken).toBeNull();
    await time.pass(1);
    expect(taken).toBe('a');
    expect(time.pending).toBe(0);
  });

  test.each([2 ** 31 - 1, 2 ** 31, 30 * 86_400_000])(
    'hands a key out after %d ms and not before',
    async (ms) => {
      const time = new VirtualTime();
      const queue = new WorkQueue(time);
      queue.addAfter('a', ms);
      let taken: string | null = null;
      void queue.take().then((key) => {
        taken = key;
      });
      await time.pass(ms - 1);
      expect(taken).toBeNull();
      await time.pass(1);
      expect(taken).toBe('a');
    },
  );

  test('hands out new keys and known ones in turn, each in their own order', async () => {
    const queue = new WorkQueue(new VirtualTime(), null, (key) => key.startsWith('new'));
    const known = Array.from({ length: 6 }, (_, index) => `known-${index}`);
    for (const key of [...known, 'new-0', 'new-1', 'new-0']) {
      queue.add(key);
    }
    const taken: (string | null)[] = [];
    for (let count = 0; count < 8; count += 1) {
      taken.push(await queue.take());
    }
    expect(taken).toEqual(['new-0', 'known-0', 'new-1', ...known.slice(1)]);
  });

  test('does not make known keys wait for new ones without end', async () => {
    const queue = new WorkQueue(new VirtualTime(), null, (key) => key.startsWith('new'));
    queue.add('known');
    for (let count = 0; count < 3; count += 1) {
      queue.add(`new-${count}`);
    }
    const taken = [await queue.take(), await queue.take()];
    expect(taken).toContain('known');
  });

  test('lets an addition now take the place of a later one', async () => {
    const time = new VirtualTime();
    const queue = new WorkQueue(time);
    queue.addAfter('a', 500);
    queue.add('a');
    expect(await queue.take()).toBe('a');
    queue.done('a');
    expect(time.pending).toBe(0);
  });

  test('answers those who wait with null when it is closed, and takes nothing more', async () => {
    const time = new VirtualTime();
    const queue = new WorkQueue(time);
    const waiting = queue.take();
    queue.addAfter('b', 100);
    queue.close();
    queue.add('a');
    expect(await waiting).toBeNull();
    expect(await queue.take()).toBeNull();
    expect(time.pending).toBe(0);
  });
});
