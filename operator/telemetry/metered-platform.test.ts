/** How long jobs stand at a border: read off the conditions that the controller writes. */
import { expect, test } from '@jest/globals';
import type { Condition, OperatorStatus } from '../../multigrid/object/job-object.ts';
import { observation } from '../../test/support/run/observations.ts';
import type { Platform } from '../platform/platform.ts';
import { REASONS } from '../status/reasons.ts';
import { meteredPlatform } from './metered-platform.ts';

const BORDER = '2026-01-01T00:00:10.000Z';
const NOW_MS = Date.parse('2026-01-01T00:00:10.750Z');

function transition(status: Condition['status'], reason: string): OperatorStatus {
  return {
    conditions: [{ type: 'PhaseTransition', status, reason, message: '', lastTransitionTime: BORDER }],
  };
}

/** A platform that takes every status, or none. */
function platformThat(writeStatus: Platform['writeStatus']): Platform {
  return {
    getJob: () => Promise.resolve(null),
    writeStatus,
    observeWorkers: () => Promise.resolve({ state: 'absent' }),
    endedPods: () => [],
    damageTo: () => null,
    countClips: () => Promise.resolve({ kind: 'known', clips: 1 }),
    reportedAt: () => null,
    silenceOf: () => ({ unheardMs: null, allowedSilenceMs: 1 }),
    isHearing: () => true,
    selectorOf: () => null,
    interruption: () => null,
    startWorkers: () => Promise.resolve(),
    stopWorkers: () => Promise.resolve(),
    deleteJob: () => Promise.resolve(),
    publish: () => undefined,
    watch: () => Promise.resolve(),
  };
}

async function secondsMeasured(
  before: OperatorStatus,
  after: OperatorStatus,
  writeStatus: Platform['writeStatus'] = () => Promise.resolve(),
): Promise<readonly number[]> {
  const measured: number[] = [];
  const phaseTransition = (seconds: number): void => {
    measured.push(seconds);
  };
  const platform = meteredPlatform(platformThat(writeStatus), { phaseTransition }, () => NOW_MS);
  const { job } = observation({ status: before });
  await platform.writeStatus(job, after).catch(() => undefined);
  return measured;
}

const atBorder = transition('True', REASONS.phaseBorder);
const running = transition('False', REASONS.phaseRunning);

test('a trainer that follows the next directive ends the time at the border', async () => {
  expect(await secondsMeasured(atBorder, running)).toEqual([0.75]);
});

test('nothing is measured while the border lasts, outside of borders, and when the job ends there', async () => {
  expect(await secondsMeasured(atBorder, atBorder)).toEqual([]);
  expect(await secondsMeasured(running, running)).toEqual([]);
  expect(await secondsMeasured({}, running)).toEqual([]);
  expect(await secondsMeasured(atBorder, transition('False', REASONS.finished))).toEqual([]);
});

test('a status that could not be written measures nothing', async () => {
  const refuse = (): Promise<void> => Promise.reject(new Error('conflict'));
  expect(await secondsMeasured(atBorder, running, refuse)).toEqual([]);
});
