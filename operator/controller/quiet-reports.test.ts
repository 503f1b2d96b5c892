/** What the operator has to say to a report: nothing, so that showing progress takes no second write. */
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { operatorStatusOf } from '../../multigrid/object/job-object.ts';
import { makeProgress } from '../../test/support/run/jobs.ts';
import { after, NOW_MS, observation } from '../../test/support/run/observations.ts';
import { decide } from './decide.ts';

const REPORT_MS = 25_000;
const reports = fc.array(
  fc.record({
    state: fc.constantFrom('Training' as const, 'Evaluating' as const),
    epoch: fc.double({ min: 0, max: 1, noNaN: true }),
    loss: fc.double({ min: 0, max: 9, noNaN: true }),
    percent: fc.double({ min: 0, max: 33, noNaN: true }),
    etaSeconds: fc.integer({ min: 0, max: 1e6 }),
    clipsPerSecond: fc.double({ min: 0, max: 900, noNaN: true }),
    dataWaitRatio: fc.double({ min: 0, max: 0.2, noNaN: true }),
    badClips: fc.nat(1000),
  }),
  { minLength: 2, maxLength: 8 },
);

test('a report within a phase changes nothing of what the operator has written, however often', () => {
  fc.assert(
    fc.property(reports, (said) => {
      let seen = observation({ status: { progress: makeProgress() } });
      for (const [index, change] of said.entries()) {
        const nowMs = NOW_MS + index * REPORT_MS;
        const progress = makeProgress({ ...change, heartbeat: new Date(nowMs).toISOString() });
        const job = { ...seen.job, status: { ...seen.job.status, progress } };
        const look = { ...seen, job, nowMs, reportedMs: nowMs, unheardMs: 0 };
        const decision = decide(look);
        // The first one makes the job Running.
        expect(index === 0 || isDeepStrictEqual(operatorStatusOf(job), decision.status)).toBe(true);
        expect(decision.workers).toBe('keep');
        expect(index === 0 ? [] : decision.events).toEqual([]);
        seen = after(look, decision);
      }
    }),
  );
});
