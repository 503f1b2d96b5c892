import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RanksDisagreeError } from '../../mpi/mpi-errors.ts';
import { type RankDevice, wayOfSums } from './gpu-sums.ts';

const gpu = (uuid: string, nccl = 23_102): RankDevice => ({ kind: 'cuda', uuid, nccl });
const CPU: RankDevice = { kind: 'cpu' };

describe('workers add up what lies on their devices', () => {
  test('over MPI on processors, by NCCL on GPUs', () => {
    expect(wayOfSums([CPU, CPU])).toEqual({ kind: 'host' });
    expect(wayOfSums([gpu('a'), gpu('b'), gpu('c')])).toEqual({ kind: 'nccl' });
  });

  test.each([
    ['a GPU is shared', [gpu('a'), gpu('b'), gpu('b')], /^workers 1 and 2 share a GPU/],
    ['one has no NCCL', [gpu('a'), gpu('b', 0)], /^worker 1 has no NCCL: run `npm run install:nccl`/],
    ['versions differ', [gpu('a'), gpu('b', 22_703)], /^worker 0 has NCCL 2\.31\.2, worker 1 2\.27\.3: give/],
  ])('through main memory when %s', (_, devices, why) => {
    expect(wayOfSums(devices)).toEqual({ kind: 'staged', why: expect.stringMatching(why) });
  });

  test('not at all when only some have a GPU: both are named', () => {
    expect(() => wayOfSums([gpu('a'), gpu('b'), CPU])).toThrow(RanksDisagreeError);
    expect(() => wayOfSums([gpu('a'), gpu('b'), CPU])).toThrow(
      /^worker 2 computes on its processor and worker 0 on a GPU: give every worker a GPU/,
    );
  });

  test('by NCCL only with a GPU and the same NCCL each', () => {
    const device = fc.record({
      kind: fc.constant('cuda' as const),
      uuid: fc.constantFrom('a', 'b', 'c', 'd'),
      nccl: fc.constantFrom(0, 22_703, 23_102),
    });
    fc.assert(
      fc.property(fc.array(device, { minLength: 1, maxLength: 5 }), (devices) => {
        const areApart = new Set(devices.map(({ uuid }) => uuid)).size === devices.length;
        const versions = new Set(devices.map(({ nccl }) => nccl));
        const canNccl = areApart && versions.size === 1 && !versions.has(0);
        expect(wayOfSums(devices).kind).toBe(canNccl ? 'nccl' : 'staged');
      }),
    );
  });
});
