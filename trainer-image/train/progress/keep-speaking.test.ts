import { expect, test } from '@jest/globals';
import { keepSpeaking } from './keep-speaking.ts';

test('a trainer says that it is there until it has come to its end', async () => {
  const over = new AbortController();
  let words = 0;
  const reporter = {
    repeat: (): Promise<void> => {
      words += 1;
      return Promise.resolve();
    },
  };
  const sleep = (_ms: number, signal: AbortSignal): Promise<void> => {
    if (words === 3) {
      over.abort();
    }
    return signal.aborted ? Promise.reject(new Error('aborted')) : Promise.resolve();
  };
  await keepSpeaking(reporter, sleep, over.signal);
  expect(words).toBe(3);
});
