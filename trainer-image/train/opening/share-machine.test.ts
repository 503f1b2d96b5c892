import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { THREADS_BESIDE_LANES, threadPoolSize } from '../../machine.ts';
import { type MachineUse, shareAmongWorkers, shareMachine, type SharedMachine } from './share-machine.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** A small SlowFast: 0.2 million parameters. */
const SMALL: MachineUse = {
  setBytes: 0.2e6 * 4,
  keptSets: 2,
  frozenBytes: 0,
  decoders: 0,
  cacheBytes: GIB,
  activationMemoryMiB: 0,
};
/** SlowFast R50: 34.6 million parameters. */
const LARGE: MachineUse = { ...SMALL, setBytes: 34.6e6 * 4 };

const machines: fc.Arbitrary<SharedMachine> = fc.record({
  cores: fc.integer({ min: 1, max: 4096 }),
  memoryBytes: fc.integer({ min: 256, max: 2 ** 21 }).map((mib) => mib * MIB),
  device: fc.constantFrom('cpu', 'cuda'),
});
const uses: fc.Arbitrary<MachineUse> = fc.record({
  setBytes: fc.integer({ min: 64, max: 2 ** 33 }),
  keptSets: fc.integer({ min: 1, max: 3 }),
  frozenBytes: fc.integer({ min: 0, max: 2 ** 32 }),
  decoders: fc.integer({ min: 0, max: 16 }),
  cacheBytes: fc.integer({ min: 0, max: 4096 }).map((mib) => mib * MIB),
  activationMemoryMiB: fc.constantFrom(0, 300),
});

describe('the share of a machine', () => {
  test('leaves threads of the pool to everything that is not a run, on any number of cores', () => {
    fc.assert(
      fc.property(machines, uses, (machine, use) => {
        const { lanes } = shareMachine(machine, use);
        expect(lanes).toBeGreaterThanOrEqual(1);
        expect(lanes).toBeLessThanOrEqual(machine.cores);
        expect(threadPoolSize(machine.cores)).toBeGreaterThanOrEqual(lanes + THREADS_BESIDE_LANES);
      }),
    );
  });

  test('never hands out more memory than there is, and half of it to parameters at most', () => {
    fc.assert(
      fc.property(machines, uses, (machine, use) => {
        const { lanes, gradientSets, decoders, activationBytes } = shareMachine(machine, {
          ...use,
          activationMemoryMiB: 0,
        });
        const sets = machine.device === 'cpu' ? (use.keptSets + gradientSets) * use.setBytes : 0;
        const others = decoders * 96 * MIB + use.cacheBytes + use.frozenBytes;
        if (activationBytes > 64 * MIB) {
          expect(sets + others + activationBytes).toBeLessThanOrEqual(machine.memoryBytes);
        }
        if (lanes > 1) {
          expect(sets).toBeLessThanOrEqual((machine.memoryBytes - others) / 2);
        }
        expect(activationBytes).toBeGreaterThanOrEqual(64 * MIB);
        expect(decoders).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  test('never shrinks when memory grows', () => {
    fc.assert(
      fc.property(machines, uses, fc.integer({ min: 0, max: 64 }), (machine, use, more) => {
        const [before, after] = [machine, { ...machine, memoryBytes: machine.memoryBytes + more * GIB }].map(
          (one) => shareMachine(one, { ...use, decoders: Math.max(1, use.decoders) }),
        );
        expect(after!.lanes).toBeGreaterThanOrEqual(before!.lanes);
      }),
    );
  });

  test.each([16, 64])('runs a lane on each of %d cores where memory allows', (cores) => {
    const { lanes, decoders } = shareMachine({ cores, memoryBytes: 256 * GIB, device: 'cpu' }, SMALL);
    expect([lanes, decoders]).toEqual([cores, cores]);
  });

  test('has fewer lanes for a large network, and no more than memory holds on many cores', () => {
    const { lanes } = shareMachine({ cores: 64, memoryBytes: 16 * GIB, device: 'cpu' }, LARGE);
    expect(lanes).toBeGreaterThan(8);
    expect((2 + 2 * lanes) * LARGE.setBytes).toBeLessThan(8 * GIB);
    const { decoders } = shareMachine({ cores: 64, memoryBytes: 2 * GIB, device: 'cpu' }, SMALL);
    expect(decoders * 96 * MIB).toBeLessThanOrEqual(GIB / 2);
  });

  test('has one lane on a GPU', () => {
    expect(shareMachine({ cores: 64, memoryBytes: 256 * GIB, device: 'cuda' }, LARGE)).toMatchObject({
      lanes: 1,
      gradientSets: 2,
    });
  });
});

describe('the memory for activations', () => {
  const bytes = (change: Partial<MachineUse>, memoryBytes = 8 * GIB): number =>
    shareMachine({ cores: 2, memoryBytes, device: 'cpu' }, { ...SMALL, ...change }).activationBytes;

  test('is what parameters, decoders and the trainer leave', () => {
    expect(bytes({})).toBeLessThan(6.5 * GIB);
    expect(bytes({})).toBeGreaterThan(6 * GIB);
    expect(bytes({ cacheBytes: 0 })).toBe(bytes({}) + GIB);
    expect(bytes({ decoders: 3 })).toBeLessThan(bytes({}));
    expect(bytes({ setBytes: 10 * MIB })).toBe(bytes({ setBytes: 110 * MIB }) + 6 * 100 * MIB);
  });

  test('is less by frozen tensors once, whatever the number of lanes', () => {
    const frozenBytes = 300 * MIB;
    expect(bytes({ frozenBytes })).toBe(bytes({}) - frozenBytes);
    const lanes = (cores: number): number =>
      shareMachine({ cores, memoryBytes: 8 * GIB, device: 'cpu' }, SMALL).activationBytes -
      shareMachine({ cores, memoryBytes: 8 * GIB, device: 'cpu' }, { ...SMALL, frozenBytes }).activationBytes;
    expect([1, 2, 8].map(lanes)).toEqual([frozenBytes, frozenBytes, frozenBytes]);
  });

  test('is what the job says when it says something', () => {
    expect(bytes({ activationMemoryMiB: 300 })).toBe(300 * MIB);
  });

  test('is never nothing, so that the step can tell what does not fit', () => {
    expect(bytes({}, GIB)).toBeGreaterThan(0);
  });
});

describe('workers on one machine', () => {
  const shares = (cores: number, size: number): readonly number[] =>
    Array.from(
      { length: size },
      (_, index) => shareAmongWorkers({ cores, memoryBytes: 8 * GIB }, { index, size }).cores,
    );

  test('have the cores among them, the first ones one more, and each at least one', () => {
    expect(shares(2, 2)).toEqual([1, 1]);
    expect(shares(8, 3)).toEqual([3, 3, 2]);
    expect(shares(2, 4)).toEqual([1, 1, 1, 1]);
  });

  test('have equal parts of the memory, and decoders by their own cores', () => {
    const machine = { cores: 8, memoryBytes: 32 * GIB, device: 'cpu' } as const;
    const one = shareAmongWorkers(machine, { index: 1, size: 4 });
    expect(one).toEqual({ cores: 2, memoryBytes: 8 * GIB, device: 'cpu' });
    expect(shareMachine(one, SMALL)).toMatchObject({ lanes: 2, decoders: 2 });
  });

  test('are one worker where there is one', () => {
    const machine = { cores: 3, memoryBytes: 5 };
    expect(shareAmongWorkers(machine, { index: 0, size: 1 })).toEqual(machine);
  });
});
