/**
 * From a valid spec to the filled one: decimals become numbers, defaults that depend on other fields are worked out,
 * switched-off cycles become null. The schema's own defaults are already in (`validate.ts` puts them there).
 * Everything after this sees `FilledSpec` only.
 */
import { decimalPower } from '../plan/rounding.ts';
import type { DefaultedJobSpec } from './defaulted-types.gen.ts';
import type {
  FilledData,
  FilledModel,
  FilledMultigrid,
  FilledRecipe,
  FilledSpec,
  OnnxFileModel,
} from './filled-spec.ts';
import { OPERATOR_NAME } from '../contract/names.ts';
import { PUBLISHED_PIXELS } from '../contract/pixels.ts';
import type { PixelStatistics } from '../contract/pixels.ts';
import { architectureOf } from './network.ts';

/** Clips of a batch-norm group under the multigrid schedule, as published. */
const DEFAULT_GROUP_SIZE = 8;

/**
 * The filled spec of a job.
 *
 * @param spec valid, with the schema's defaults in: the `spec` of what `validateJob` returns.
 */
export function fillSpec(spec: DefaultedJobSpec): FilledSpec {
  return {
    model: fillModel(spec.model),
    data: fillData(spec.data),
    recipe: fillRecipe(spec.recipe),
    multigrid: fillMultigrid(spec),
    workers: spec.workers,
    volumes: spec.volumes ?? {},
    checkpoint: spec.checkpoint,
    runPolicy: {
      ...spec.runPolicy,
      activeDeadlineSeconds: spec.runPolicy.activeDeadlineSeconds ?? null,
      ttlSecondsAfterFinished: spec.runPolicy.ttlSecondsAfterFinished ?? null,
    },
    suspend: spec.suspend,
    managedBy: spec.managedBy ?? OPERATOR_NAME,
  };
}

function fillModel(model: DefaultedJobSpec['model']): FilledModel {
  const { name, onnx, numClasses } = model;
  const dropout = Number(model.dropout);
  if (onnx !== undefined) {
    return { name: onnx.path, numClasses, dropout, pretrained: null, onnx: fillOnnx(onnx) };
  }
  if (name === undefined) {
    throw new TypeError('a valid model has a name or an onnx file');
  }
  const architecture = architectureOf(name, model.architecture);
  return { name, numClasses, dropout, architecture, pretrained: model.pretrained ?? null };
}

function fillOnnx(onnx: NonNullable<DefaultedJobSpec['model']['onnx']>): OnnxFileModel['onnx'] {
  const { path, mean, deviation, frozen = [] } = onnx;
  const pixels =
    mean === undefined && deviation === undefined
      ? null
      : {
          mean: byColour(mean, PUBLISHED_PIXELS.mean),
          deviation: byColour(deviation, PUBLISHED_PIXELS.deviation),
        };
  return { path, pixels, frozen };
}

function byColour(
  decimals: readonly string[] | undefined,
  published: PixelStatistics['mean'],
): [number, number, number] {
  const [red = published[0], green = published[1], blue = published[2]] = decimals?.map(Number) ?? [];
  return [red, green, blue];
}

function fillData(data: DefaultedJobSpec['data']): FilledData {
  const [smallest = 0, largest = smallest] = data.jitterScales;
  return {
    format: data.format,
    train: data.train,
    val: data.val,
    test: data.test ?? data.val,
    root: data.root ?? null,
    classes: data.classes ?? null,
    clips: data.clips ?? null,
    jitterScales: [smallest, largest],
    flip: data.flip,
    loader: { ...data.loader, maxBadFraction: Number(data.loader.maxBadFraction) },
  };
}

function fillRecipe(recipe: DefaultedJobSpec['recipe']): FilledRecipe {
  const { momentum, preciseIterations, acrossWorkers } = recipe.batchNorm;
  const steps = recipe.steps ?? [0];
  const gamma = Number(recipe.gamma);
  const learningRate = Number(recipe.learningRate);
  return {
    ...recipe,
    steps,
    gamma,
    relativeLearningRates:
      recipe.relativeLearningRates?.map(Number) ?? steps.map((_, stage) => decimalPower(gamma, stage)),
    learningRate,
    finalLearningRate: Number(recipe.finalLearningRate),
    warmup: {
      epochs: Number(recipe.warmup.epochs),
      learningRate: Number(recipe.warmup.learningRate ?? learningRate / 10),
    },
    optimizer: {
      ...recipe.optimizer,
      momentum: Number(recipe.optimizer.momentum),
      weightDecay: Number(recipe.optimizer.weightDecay),
    },
    batchNorm: { momentum: Number(momentum), preciseIterations, acrossWorkers },
    test: { ...recipe.test, cropSize: recipe.test.cropSize ?? recipe.cropSize },
  };
}

function fillMultigrid(spec: DefaultedJobSpec): FilledMultigrid {
  const { multigrid } = spec;
  const baselineGroup = spec.recipe.batchNorm.groupSize;
  if (multigrid === undefined) {
    return {
      longCycle: null,
      shortCycle: null,
      epochFactor: 1,
      groupSize: baselineGroup ?? null,
      evaluationsPerPhase: 1,
    };
  }
  const { longCycle, shortCycle } = multigrid;
  return {
    longCycle: longCycle.enabled
      ? longCycle.shapes.map((shape) => ({ frames: Number(shape.frames), crop: Number(shape.crop) }))
      : null,
    shortCycle: shortCycle.enabled ? shortCycle.crops.map(Number) : null,
    epochFactor: longCycle.enabled || shortCycle.enabled ? Number(multigrid.epochFactor) : 1,
    groupSize: multigrid.groupSize ?? baselineGroup ?? DEFAULT_GROUP_SIZE,
    evaluationsPerPhase: multigrid.evaluationsPerPhase,
  };
}
