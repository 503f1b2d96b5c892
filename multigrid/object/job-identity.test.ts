import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeStoredJob } from '../../test/support/run/jobs.ts';
import {
  identityOf,
  isSameJob,
  type JobIdentity,
  jobInWords,
  mayTakeUp,
  readIdentity,
} from './job-identity.ts';

/** Few values, so that jobs meet often. */
const identities: fc.Arbitrary<JobIdentity> = fc.record({
  namespace: fc.constantFrom('', 'a', 'b'),
  name: fc.constantFrom('x', 'y'),
  uid: fc.constantFrom('', '1', '2'),
});

describe('the identity of a job', () => {
  test('comes from its metadata and survives JSON', () => {
    const job = makeStoredJob('first');
    const named = { ...job, metadata: { ...job.metadata, namespace: 'team-a', uid: '4a1c' } };
    const identity = identityOf(named);
    expect(identity).toEqual({ namespace: 'team-a', name: 'first', uid: '4a1c' });
    expect(readIdentity(JSON.parse(JSON.stringify(identity)))).toEqual(identity);
    expect(jobInWords(identity)).toBe('team-a/first (uid 4a1c)');
    expect(jobInWords({ namespace: '', name: 'first', uid: '' })).toBe('first');
  });

  test.each([null, 'a', {}, { namespace: 'a', name: 'b' }, { namespace: 'a', name: 'b', uid: 1 }])(
    'is not read from %j',
    (value) => {
      expect(readIdentity(value)).toBeNull();
    },
  );

  test('is that of one job exactly when the uid is, and of an own job always taken up', () => {
    fc.assert(
      fc.property(identities, identities, (left, right) => {
        expect(isSameJob(left, right)).toBe(isSameJob(right, left));
        expect(isSameJob(left, left)).toBe(true);
        if (left.uid !== right.uid) {
          expect(isSameJob(left, right)).toBe(false);
        }
        expect(mayTakeUp(left, right, 'Never')).toBe(isSameJob(left, right));
        const namespaces = new Set([left.namespace, right.namespace].filter((name) => name !== ''));
        const mayAdopt = left.name === right.name && namespaces.size < 2;
        expect(mayTakeUp(left, right, 'SameName')).toBe(isSameJob(left, right) || mayAdopt);
      }),
    );
  });
});
