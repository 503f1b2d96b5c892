/**
 * One iteration and a signal to stop: a run of the graph can take minutes, a pod that is to end has two.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { planTraining } from '../../multigrid/plan/plan.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import { filledSpec } from '../../test/support/filled-specs.ts';
import { tinySlowFast } from '../../test/support/network-specs.ts';
import { openSgdStore } from '../../test/support/sgd-store.ts';
import { brightnessBatch } from '../../test/support/step-batches.ts';
import type { ClipBatch } from '../data/clip-request.ts';
import { createEngine } from '../engine/create-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { createNetwork } from '../models/create-network.ts';
import type { RunEvent } from '../run-folder/events.ts';
import { JointStop } from './collective/joint-stop.ts';
import { SOLO } from './collective/solo.ts';
import { positionAt } from './state/position.ts';
import { TrainingState } from './state/training-state.ts';
import { StepKit } from './steps/step-kit.ts';
import { ALONE, stepShare } from './collective/step-share.ts';
import { TrainingStep } from './training-step.ts';

const NETWORK = createNetwork(tinySlowFast);
const PLAN: Plan = planTraining(filledSpec(), 64, (text) => createHash('sha256').update(text).digest('hex'));
const POSITION = positionAt(PLAN, 0);
const { shape: SHAPE } = stepShare(POSITION.phase, POSITION.shape, ALONE);
const SETTINGS = { precision: 'float32' } as const;

describe('an iteration', () => {
  let engine: Engine;

  beforeAll(async () => {
    engine = await createEngine();
  });

  afterAll(() => {
    engine.dispose();
  });

  /** Takes one step; the stream does something of its own right before it hands over the batch. */
  async function takeStep(signal: AbortSignal, meanwhile: () => void) {
    const store = await openSgdStore(engine, NETWORK);
    const nowMs = (): number => performance.now();
    const state = await TrainingState.start({
      ...{
        plan: PLAN,
        network: NETWORK,
        store,
        worker: ALONE,
        collective: SOLO,
        seed: 3,
        precision: 'float32',
        batchNormMomentum: 0.1,
        nowMs,
      },
    });
    await state.beginPhase(POSITION.phase);
    const before = await state.snapshot();
    const steps = new StepKit({ engine, network: NETWORK, store, cores: 1, microBatch: 0, seed: 3 });
    await steps.runner(SHAPE);
    const events: RunEvent[] = [];
    let isReleased = false;
    async function* batches(): AsyncGenerator<ClipBatch> {
      await Promise.resolve();
      meanwhile();
      const batch = brightnessBatch({ ...SHAPE, classes: tinySlowFast.numClasses }, 0);
      yield {
        ...batch,
        release: () => {
          isReleased = true;
        },
      };
    }
    const quiet = { info: () => undefined, warn: () => undefined };
    const step = new TrainingStep({
      ...{
        plan: PLAN,
        worker: ALONE,
        stop: new JointStop(SOLO, signal),
        settings: SETTINGS,
        state,
        store,
        collective: SOLO,
        steps,
        clips: { badClips: 0 },
        nowMs,
        logger: quiet,
      },
      log: { append: (event) => events.push(event) },
      reporter: { measured: () => undefined, stepped: () => Promise.resolve() },
    });
    const end = await step.take(POSITION, batches(), signal).then(
      () => 'done',
      (error: unknown) => error,
    );
    await steps.dispose();
    const after = await state.snapshot();
    store.dispose();
    const isUntouched = [...before.parameters].every(
      ([name, { data }]) => data.join() === after.parameters.get(name)?.data.join(),
    );
    return { end, events, isReleased, isUntouched, iteration: state.iteration };
  }

  test('moves the parameters and counts', async () => {
    const taken = await takeStep(new AbortController().signal, () => undefined);
    expect(taken).toMatchObject({ end: 'done', isReleased: true, isUntouched: false, iteration: 1 });
    expect(taken.events.map(({ kind }) => kind)).toEqual(['step']);
  });

  test('that is asked to stop while its graph runs leaves everything as it was', async () => {
    const stop = new AbortController();
    const reason = new Error('SIGTERM');
    const taken = await takeStep(stop.signal, () => {
      // After everything that is only waiting for its turn, the start of the run among it.
      setImmediate(() => {
        stop.abort(reason);
      });
    });
    expect(taken).toEqual({ end: reason, events: [], isReleased: true, isUntouched: true, iteration: 0 });
  });
});
