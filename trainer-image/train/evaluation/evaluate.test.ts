/**
 * Evaluation on the real engine: with memory that does not suffice, with lanes that fail, and with more cores than there are.
 * The judge is an evaluation of the same clips with all the memory there is, in one lane.
 */
import { afterEach, describe, expect, test } from '@jest/globals';
import { tinySlowFast } from '../../../test/support/network-specs.ts';
import { openSgdStore } from '../../../test/support/sgd-store.ts';
import { brightnessBatch } from '../../../test/support/step-batches.ts';
import type { ClipBatch } from '../../data/clip-request.ts';
import { createEngine } from '../../engine/create-engine.ts';
import type { Engine } from '../../engine/engine.ts';
import { createNetwork } from '../../models/create-network.ts';
import { NotEnoughMemoryError } from '../errors.ts';
import type { ParameterStore } from '../parameters/parameter-store.ts';
import { type EvaluationReduction, Evaluator } from './evaluate.ts';
import type { Scores } from './scores.ts';

const NETWORK = createNetwork({ ...tinySlowFast, zeroInitFinalGamma: false });
const SIZE = { frames: 8, cropSize: 16 };
const BATCHES = 12;
const CLIPS = 20;
const NEVER = new AbortController().signal;

const POPULATION = {
  means: new Map([...NETWORK.initialStatistics()].map(([name, { mean }]) => [name, mean])),
  variances: new Map([...NETWORK.initialStatistics()].map(([name, { variance }]) => [name, variance])),
};

interface Stream {
  readonly batches: AsyncGenerator<ClipBatch>;
  taken: number;
  released: number;
  isClosed: boolean;
}

/** `BATCHES` batches, the last one shorter, each clip a video of its own; `change` may spoil one. */
function streamOf(change: (batch: ClipBatch, number: number) => ClipBatch = (batch) => batch): Stream {
  const stream: Stream = { batches: generate(), taken: 0, released: 0, isClosed: false };
  async function* generate(): AsyncGenerator<ClipBatch> {
    try {
      for (let number = 0; number < BATCHES; number += 1) {
        const clips = number === BATCHES - 1 ? CLIPS - 2 : CLIPS;
        const batch = brightnessBatch({ clips, ...SIZE, classes: NETWORK.numClasses }, number);
        stream.taken += 1;
        const release = (): void => {
          stream.released += 1;
        };
        const samples = batch.samples.map((_, clip) => number * CLIPS + clip);
        yield await Promise.resolve(change({ ...batch, samples, release }, number));
      }
    } finally {
      stream.isClosed = true;
    }
  }
  return stream;
}

describe('an evaluation', () => {
  const engines: Engine[] = [];
  const stores: ParameterStore[] = [];

  afterEach(() => {
    stores.splice(0).forEach((store) => {
      store.dispose();
    });
    // Refuses while a session is left.
    engines.splice(0).forEach((engine) => {
      engine.dispose();
    });
  });

  interface Opened {
    readonly evaluator: Evaluator;
    readonly reductions: readonly EvaluationReduction[];
  }

  async function open(cores: number, activationMiB?: number): Promise<Opened> {
    const limit = activationMiB === undefined ? {} : { activationBytes: activationMiB * 2 ** 20 };
    const engine = await createEngine(limit);
    engines.push(engine);
    const store = await openSgdStore(engine, NETWORK);
    stores.push(store);
    await store.write({ parameters: NETWORK.initialValues(5) });
    const reductions: EvaluationReduction[] = [];
    const evaluator = new Evaluator({
      ...{ engine, network: NETWORK, store, cores, lanes: cores },
      onReduced: (reduction) => {
        reductions.push(reduction);
      },
    });
    return { evaluator, reductions };
  }

  const scoresOf = async (evaluator: Evaluator, stream: Stream): Promise<Scores> =>
    (await evaluator.evaluate(stream.batches, SIZE, POPULATION, NEVER)).read();

  test.each([2, 16, 64])('has the same scores, to the bit, in the lanes of %d cores', async (cores) => {
    const expected = await scoresOf((await open(1)).evaluator, streamOf());
    const stream = streamOf();
    const { evaluator } = await open(cores);
    expect(await scoresOf(evaluator, stream)).toEqual(expected);
    expect(expected.videos).toBe(BATCHES * CLIPS - 2);
    expect(stream.released).toBe(BATCHES);
  });

  test('that does not fit gets smaller micro-batches, scores every clip once, and remembers what fits', async () => {
    const expected = await scoresOf((await open(1)).evaluator, streamOf());
    const { evaluator, reductions } = await open(4, 3);
    const stream = streamOf();
    const scores = await scoresOf(evaluator, stream);
    expect(reductions.length).toBeGreaterThan(0);
    expect(reductions[0]!.cause).toMatch(/smaller than requested bytes/);
    expect({ ...scores, loss: 0 }).toEqual({ ...expected, loss: 0 });
    expect(Math.abs(scores.loss - expected.loss)).toBeLessThan(1e-5);
    expect(stream.released).toBe(BATCHES);
    expect(evaluator.clipsAtOnce(SIZE)).toBe(reductions.at(-1)!.to.clips);
  });

  test('that cannot be made to fit says so, ends its stream, and leaves another one to go on', async () => {
    const { evaluator } = await open(2, 0.05);
    const stream = streamOf();
    await expect(scoresOf(evaluator, stream)).rejects.toThrow(NotEnoughMemoryError);
    expect(stream.isClosed).toBe(true);
    // What failed once is tried anew, not answered from memory.
    const again = streamOf();
    await expect(scoresOf(evaluator, again)).rejects.toThrow(/one clip of 8 x 16 x 16 alone/);
    expect(again.taken).toBeGreaterThan(0);
  });

  test('stops all of its lanes when one of them fails', async () => {
    const { evaluator } = await open(2);
    const stream = streamOf((batch, number) =>
      number === 3 ? { ...batch, pixels: new Uint8Array(CLIPS * 2 * batch.pixels.length) } : batch,
    );
    await expect(scoresOf(evaluator, stream)).rejects.toThrow('out of bounds');
    expect(stream.taken).toBeLessThan(BATCHES - 2);
    expect(stream.isClosed).toBe(true);
    expect((await scoresOf(evaluator, streamOf())).videos).toBe(BATCHES * CLIPS - 2);
  });

  test('ends with the reason when it is told to', async () => {
    const { evaluator } = await open(2);
    const stop = new AbortController();
    const stream = streamOf((batch, number) => {
      if (number === 5) {
        stop.abort(new Error('enough'));
      }
      return batch;
    });
    await expect(evaluator.evaluate(stream.batches, SIZE, POPULATION, stop.signal)).rejects.toThrow('enough');
    expect(stream.taken).toBeLessThan(BATCHES - 2);
  });
});
