import { expect, test } from '@jest/globals';
import { settle } from '../../test/support/virtual-time.ts';
import { Outbox, OutboxClosedError, OutboxFullError } from './outbox.ts';

function hanging(signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => {
    reject(new Error('aborted'));
  });
  return promise;
}

test('sends one after the other in the order in which they came, and goes on after what cannot be sent', async () => {
  const sent: string[] = [];
  const lost: unknown[] = [];
  let atATime = 0;
  const outbox = new Outbox<string>({
    send: async (item) => {
      atATime += 1;
      expect(atATime).toBe(1);
      await settle();
      atATime -= 1;
      if (item === 'bad') {
        throw new TypeError('refused');
      }
      sent.push(item);
    },
    onLost: (error) => lost.push(error),
  });
  for (const item of ['a', 'bad', 'b']) {
    outbox.put(item);
  }
  await outbox.settled();
  outbox.put('c');
  await outbox.settled();
  expect(sent).toEqual(['a', 'b', 'c']);
  expect(lost).toEqual([expect.any(TypeError)]);
});

test('holds nobody up when the receiver hangs, and says what has no room', async () => {
  const lost: unknown[] = [];
  const outbox = new Outbox<number>({
    send: (_item, signal) => hanging(signal),
    onLost: (error) => lost.push(error),
    most: 2,
  });
  for (let item = 0; item < 5; item += 1) {
    outbox.put(item);
    await settle();
  }
  expect(lost).toEqual([expect.any(OutboxFullError), expect.any(OutboxFullError)]);
  await outbox.close(Promise.resolve());
  outbox.put(5);
  expect(lost.slice(2)).toEqual(Array.from({ length: 4 }, () => expect.any(OutboxClosedError)));
});

test('sends what waits when it is closed, as long as there is time', async () => {
  const sent: number[] = [];
  const outbox = new Outbox<number>({
    send: async (item) => {
      await settle();
      sent.push(item);
    },
    onLost: (error) => {
      throw error;
    },
  });
  [1, 2, 3].forEach((item) => {
    outbox.put(item);
  });
  await outbox.close(new Promise<never>(() => undefined));
  expect(sent).toEqual([1, 2, 3]);
});
