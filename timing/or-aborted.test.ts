import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { orAborted } from './or-aborted.ts';

test('gives the value, the error or the reason of the abort, whichever comes first, and leaves no listener', async () => {
  const abort = new AbortController();
  expect(await orAborted(Promise.resolve(3), abort.signal)).toBe(3);
  await expect(orAborted(Promise.reject(new Error('broken')), abort.signal)).rejects.toThrow('broken');
  const waiting = orAborted(Promise.withResolvers().promise, abort.signal);
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(orAborted(Promise.resolve(3), abort.signal)).rejects.toThrow('enough');
  expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
});
