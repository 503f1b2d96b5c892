import { MessageChannel } from 'node:worker_threads';
import { describe, expect, test } from '@jest/globals';
import { within } from './watchdog.ts';

class LateError extends Error {}
const late = (): Error => new LateError('late');

describe('a limit', () => {
  test('passes on what comes in time, a result or an error', async () => {
    await expect(within(60_000, Promise.resolve(7), late)).resolves.toBe(7);
    await expect(within(60_000, Promise.reject(new RangeError('no')), late)).rejects.toThrow(RangeError);
  });

  test('ends the wait for what never comes', async () => {
    await expect(within(20, Promise.withResolvers().promise, late)).rejects.toThrow(LateError);
  });

  test('hears an answer that came while nobody could listen', async () => {
    const { port1, port2 } = new MessageChannel();
    const answered = new Promise((resolve) => {
      port1.once('message', resolve);
    });
    const waiting = within(20, answered, late);
    port2.postMessage('here');
    const endMs = performance.now() + 100;
    while (performance.now() < endMs) {
      // The thread is busy for longer than the limit.
    }
    await expect(waiting).resolves.toBeDefined();
    port1.close();
  });
});
