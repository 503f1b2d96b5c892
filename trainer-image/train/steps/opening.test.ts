/** What a step opens, refused at every point in turn: its micro-batches get smaller, and nothing that was opened before is left behind. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { tinySlowFast } from '../../../test/support/network-specs.ts';
import { RefusingEngine, type Refuses } from '../../../test/support/refusing-engine.ts';
import { openSgdStore } from '../../../test/support/sgd-store.ts';
import { brightnessBatch } from '../../../test/support/step-batches.ts';
import { createEngine } from '../../engine/create-engine.ts';
import { createNetwork } from '../../models/create-network.ts';
import { NotEnoughMemoryError } from '../errors.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import type { Reduction } from './micro-batches.ts';
import { StepKit } from './step-kit.ts';

const NETWORK = createNetwork({ ...tinySlowFast, zeroInitFinalGamma: false });
const SHAPE = { clips: 8, groups: 4, frames: 4, cropSize: 16 };
const CORES = 2;
/** So that lanes have clip buffers, which on the processor they do without. */
const AS_ON_A_GPU = { looksLikeGpu: true };

describe('what a step opens', () => {
  let engine: RefusingEngine;
  let store: ParameterStore;

  beforeEach(async () => {
    engine = new RefusingEngine(await createEngine(), AS_ON_A_GPU);
    store = await openSgdStore(engine, NETWORK, { cores: CORES });
    await store.write({ parameters: NETWORK.initialValues(3) });
  });

  afterEach(() => {
    store.dispose();
    // Refuses while a session or a block is left.
    engine.dispose();
  });

  interface Opened {
    readonly kit: StepKit;
    readonly reductions: readonly Reduction[];
  }

  function kitOf(refuses: Refuses): Opened {
    const reductions: Reduction[] = [];
    engine.refuse(refuses);
    const kit = new StepKit({
      ...{ engine, network: NETWORK, store, cores: CORES, microBatch: 0, seed: 3 },
      onReduced: (reduction) => {
        reductions.push(reduction);
      },
    });
    return { kit, reductions };
  }

  test.each(['session', 'hostBlock'] as const)(
    'gets smaller micro-batches when there is no room for a %s',
    async (what) => {
      const { kit, reductions } = kitOf((asked, time) => asked === what && time <= 2);
      const runner = await kit.runner(SHAPE);
      const batch = brightnessBatch({ ...SHAPE, classes: NETWORK.numClasses }, 0);
      const { loss } = await runner.run(batch, 0);
      expect(loss).toBeGreaterThan(0);
      expect(reductions.map(({ to }) => to.clips)).toEqual([2]);
      await kit.dispose();
    },
  );

  test.each([1, 2])('is closed again when buffer %d of the lanes cannot be had', async (bad) => {
    const { kit } = kitOf((asked, time) => asked === 'hostBlock' && time >= bad);
    await expect(kit.runner(SHAPE)).rejects.toThrow(NotEnoughMemoryError);
    await kit.dispose();
  });

  test('gets no smaller micro-batches for what is only built ahead', async () => {
    const { kit, reductions } = kitOf((asked, time) => asked === 'session' && time === 1);
    await kit.prepare([SHAPE]);
    expect((await kit.runner(SHAPE)).microBatches.clips).toBe(4);
    expect(reductions).toEqual([]);
    await kit.dispose();
  });
});
