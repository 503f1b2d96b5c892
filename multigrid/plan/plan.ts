/**
 * What a manifest means, epoch by epoch. In come the filled spec and the number of training clips; out comes the plan
 * that the operator stores, `multigrid plan` prints and the trainer follows. Pure and bounded: work grows with the
 * number of epochs and phases alone, both of which the API limits. Read downwards, each line is one file of this folder.
 */
import type { FilledSpec } from '../api/filled-spec.ts';
import { canonicalJson } from './canonical-json.ts';
import { totalsOf } from './cost.ts';
import { evaluationEpochsOf, intervalEpochs } from './evaluation.ts';
import { learningRateScheduleOf } from './learning-rate.ts';
import { phasesOf } from './phases.ts';
import { problemsOf } from './problems/problems.ts';
import { segmentsOf } from './segments.ts';
import type { Plan } from './types.ts';

/** SHA-256 of a text's UTF-8 bytes, hex. Comes in from outside because this room has no effects and no engine. */
export type Sha256Hex = (text: string) => string;

/**
 * The plan of a job.
 *
 * A plan that must not be run is returned all the same, with its reasons in `problems`.
 *
 * @param clips number of training clips, 0 or more
 * @throws RangeError when `clips` is not a whole number of at least 0.
 */
export function planTraining(spec: FilledSpec, clips: number, sha256Hex: Sha256Hex): Plan {
  if (!Number.isSafeInteger(clips) || clips < 0) {
    throw new RangeError(`the number of clips must be a whole number of at least 0, not ${clips}`);
  }
  const segments = segmentsOf(spec);
  const learningRateSchedule = learningRateScheduleOf(spec, segments);
  const phases = phasesOf(spec, segments, learningRateSchedule, clips);
  const content = {
    version: 2 as const,
    phases,
    epochs: learningRateSchedule.epochs,
    ...milestones(spec, segments, learningRateSchedule.epochs),
    learningRateSchedule,
    totals: totalsOf(spec, phases, clips),
  };
  const { version, ...rest } = content;
  return {
    version,
    hash: hashOfPlan(content, sha256Hex),
    ...rest,
    problems: problemsOf(spec, { segments, phases, epochs: content.epochs, clips }),
  };
}

/** The hash of a plan, or of what is to become one: of all that it says but its hash and its problems. */
export function hashOfPlan(plan: object, sha256Hex: Sha256Hex): string {
  const content = Object.entries(plan).filter(([key]) => key !== 'hash' && key !== 'problems');
  return sha256Hex(canonicalJson(Object.fromEntries(content)));
}

function milestones(
  spec: FilledSpec,
  segments: ReturnType<typeof segmentsOf>,
  epochs: number,
): Pick<Plan, 'evaluationEpochs' | 'checkpointEpochs'> {
  const { recipe, multigrid } = spec;
  if (multigrid.longCycle === null) {
    return {
      evaluationEpochs: intervalEpochs(epochs, recipe.evaluationIntervalEpochs),
      checkpointEpochs: intervalEpochs(epochs, recipe.checkpointIntervalEpochs),
    };
  }
  const evaluationEpochs = evaluationEpochsOf(segments, multigrid.evaluationsPerPhase);
  return { evaluationEpochs, checkpointEpochs: evaluationEpochs };
}
