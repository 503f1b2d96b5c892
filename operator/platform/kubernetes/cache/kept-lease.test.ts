import { expect, test } from '@jest/globals';
import { asChild, isSameChild, keepLease, type KeptLease } from './kept-lease.ts';

function lease(version: string, spec: object, labels: object = {}): KeptLease {
  const metadata = { namespace: 'video', name: 'first', uid: 'u', resourceVersion: version, labels };
  const kept = keepLease({ metadata, spec: { leaseDurationSeconds: 25, ...spec } });
  if (kept === null) {
    throw new TypeError('a lease has a name');
  }
  return kept;
}

const renewed = (at: string): object => ({ holderIdentity: 'first-0', renewTime: at });

test('a renewal is another version of a lease, and the same child', () => {
  const one = lease('7', renewed('2026-01-01T00:00:00.000000Z'));
  const next = lease('8', renewed('2026-01-01T00:00:10.000000Z'));
  expect([one.resourceVersion, next.resourceVersion]).toEqual(['7', '8']);
  expect(one.renewTime).not.toBe(next.renewTime);
  expect(isSameChild(one, next)).toBe(true);
  expect(asChild(one)?.resourceVersion).toBe(asChild(next)?.resourceVersion);
});

test('a label or a duration that somebody changed makes another child', () => {
  const one = lease('7', {}, { app: 'trainer' });
  expect(isSameChild(one, lease('8', {}, {}))).toBe(false);
  expect(isSameChild(one, lease('8', { leaseDurationSeconds: 1 }, { app: 'trainer' }))).toBe(false);
});

test('a lease that was never renewed says nothing of life, and what has no name is none', () => {
  expect(lease('7', {}).renewTime).toBeNull();
  expect(keepLease({})).toBeNull();
  expect(keepLease(null)).toBeNull();
});
