/**
 * A training of one worker: sums are what they were, nobody is waited for. In: nothing. Out: a `Collective`.
 */
import type { Collective } from './collective.ts';

const done = (): Promise<void> => Promise.resolve();

export const SOLO: Collective = {
  rank: 0,
  size: 1,
  sumGradients: done,
  sum: done,
  broadcast: done,
  broadcastBytes: (bytes) => Promise.resolve(bytes),
  exchange: () => Promise.reject(new RangeError('a worker alone has nobody to exchange statistics with')),
  barrier: (signal) => {
    signal.throwIfAborted();
    return done();
  },
  sayLastWords: () => undefined,
  lastWords: Promise.withResolvers<string>().promise,
  close: done,
};
