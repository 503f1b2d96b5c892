/** What the times of the three programs have to be to each other. */
import { expect, test } from '@jest/globals';
import { PROBE_TRIES } from './trainer-pod.ts';
import { LIFE, LOCKS, REPORTS, TRAINER } from './timings.ts';

/** For so long some network disks tell of a file from memory. */
const DISK_MEMORY_MS = 30_000;
const HALF_MINUTE_MS = 30_000;

test('an owner of a folder that lives is heard, also when one beat is lost and the disk answers from memory', () => {
  expect(LOCKS.staleMs).toBeGreaterThanOrEqual(2 * LOCKS.beatMs + DISK_MEMORY_MS);
});

test('a trainer waits for a folder until its owner has saved its state or has been silent for long enough', () => {
  expect(LOCKS.trainerWaitMs).toBeGreaterThan(TRAINER.stopGraceMs);
  expect(LOCKS.trainerWaitMs).toBeGreaterThan(2 * LOCKS.staleMs);
});

test('a trainer that is well speaks twice before its silence counts, and silence shows within half a minute', () => {
  expect(LIFE.silenceMs).toBeGreaterThan(2 * LIFE.speakMs);
  const laterMs = LIFE.renewUnansweredMs + LIFE.spareMs;
  expect(LIFE.silenceMs).toBeGreaterThanOrEqual(LIFE.renewMs + laterMs);
  expect(LIFE.vouchedSilenceMs).toBeGreaterThanOrEqual(LIFE.renewProbedMs + laterMs);
  expect(LIFE.silenceMs).toBeLessThan(HALF_MINUTE_MS);
});

test('a trainer that hangs shows within half a minute by its probes', () => {
  // A probe was answered just before; the last one without an answer is waited for as long as any.
  const unansweredMs = LIFE.probeMs * PROBE_TRIES + LIFE.probeMs;
  expect(unansweredMs + LIFE.doubtMs).toBeLessThan(HALF_MINUTE_MS);
});

test('a trainer that is probed no more renews its lease before its kubelet is doubted', () => {
  expect(LIFE.probedMs).toBeGreaterThan(2 * LIFE.probeMs);
  expect(LIFE.probedMs).toBeLessThan(LIFE.renewMs);
});

test('what is shown of a job that trains is no older than half a minute', () => {
  expect(REPORTS.intervalMs).toBeLessThan(HALF_MINUTE_MS);
});

test('a report that nobody waits for comes just before the renewal that it saves', () => {
  const beforeRenewalMs = LIFE.renewProbedMs - (REPORTS.calmMs % LIFE.renewProbedMs);
  expect(beforeRenewalMs).toBeLessThanOrEqual(1000);
});

test('a write of the job gives way before its writer counts as gone, unless it is one of the last', () => {
  expect(LOCKS.reportWaitMs).toBeLessThan(LOCKS.objectStaleMs);
  expect(LOCKS.objectWaitMs).toBeGreaterThan(LOCKS.objectStaleMs);
});

test('what a trainer does when it is asked to end fits into its grace time', () => {
  expect(REPORTS.hurriedPatienceMs).toBeLessThan(TRAINER.stopGraceMs);
});
