/** What becomes true when something on the way fails. */
import { describe, expect, test } from '@jest/globals';
import { ModelPlatform } from '../../test/support/run/model-platform.ts';
import { after, ended, observation, progressNow } from '../../test/support/run/observations.ts';
import { apply } from './apply.ts';
import { decide } from './decide.ts';
import type { Observation } from './observation.ts';

const REFUSED = new Error('the server is away');

/** A trainer that found fault with its data: the job fails, and what is left of its workers goes. */
const failing = (): Observation => observation({ workers: ended(65), status: { progress: progressNow() } });

describe('a decision that is half done', () => {
  test('tells what happened when the status is written, also when the workers cannot be told', async () => {
    const look = failing();
    const decision = decide(look);
    expect(decision.events).not.toEqual([]);
    expect(decision.workers).not.toBe('keep');
    const platform = new ModelPlatform(look.job);
    platform.failure = { call: 'stopWorkers', error: REFUSED };
    await expect(apply(look, decision, platform)).rejects.toBe(REFUSED);
    expect(platform.published).toEqual(decision.events);
    // The next look finds the status as it should be, so it has nothing to tell any more.
    expect(decide(after(look, decision)).events).toEqual([]);
  });

  test('tells nothing when the status could not be written: the next look tells it', async () => {
    const look = failing();
    const decision = decide(look);
    const platform = new ModelPlatform(look.job);
    platform.failure = { call: 'writeStatus', error: REFUSED };
    await expect(apply(look, decision, platform)).rejects.toBe(REFUSED);
    expect(platform.published).toEqual([]);
    expect(decide(look).events).toEqual(decision.events);
  });
});
