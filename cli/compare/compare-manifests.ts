/**
 * From one manifest the two that a comparison trains: the baseline is the same spec without its multigrid part. Data
 * paths become absolute, because the copies lie elsewhere, and both runs evaluate after every epoch they can, so that
 * neither seems to reach an accuracy late only because nobody looked. Pure.
 */
import { dirname, resolve } from 'node:path';
import { stringify } from 'yaml';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import type { DefaultedJob } from '../../multigrid/api/defaulted-types.gen.ts';
import { RunRefusedError } from '../run/run-errors.ts';

/** A manifest without a multigrid part: it is the baseline itself. */
export class NothingToCompareError extends RunRefusedError {
  override readonly name = 'NothingToCompareError';
  constructor(path: string) {
    super(
      `${path} has no spec.multigrid, so it is the baseline itself; add \`multigrid: {}\` to compare with the default schedule`,
      EXIT.data,
    );
  }
}

export type Recipe = 'baseline' | 'multigrid';

/** The manifests of one seed, as YAML text. */
export type CompareManifests = Readonly<Record<Recipe, string>>;

/** Evaluations per phase that come to one after every epoch. */
const EVERY_EPOCH = 1000;

/** A manifest that passed validation. */
export interface CompareSource {
  readonly name: string;
  /** The manifest's own seed. */
  readonly seed: number;
  manifests(seed: number): CompareManifests;
}

/**
 * What to compare.
 *
 * @param job A legal job, defaults filled in.
 * @param path Where it was read from: data paths are relative to its folder, and errors name it.
 * @throws NothingToCompareError when the job has no multigrid part.
 */
export function compareSourceOf(job: DefaultedJob, path: string): CompareSource {
  if (job.spec.multigrid === undefined) {
    throw new NothingToCompareError(path);
  }
  const located = withData(job, dirname(resolve(path)));
  return {
    name: job.metadata.name,
    seed: job.spec.recipe.seed,
    manifests: (seed) => ({
      baseline: stringify(baselineOf(located, seed)),
      multigrid: stringify(multigridOf(located, seed)),
    }),
  };
}

function withData(job: DefaultedJob, folder: string): DefaultedJob {
  const { data } = job.spec;
  const absolute = {
    train: resolve(folder, data.train),
    val: resolve(folder, data.val),
    ...(data.test === undefined ? {} : { test: resolve(folder, data.test) }),
    ...(data.root === undefined ? {} : { root: resolve(folder, data.root) }),
    ...(data.classes === undefined ? {} : { classes: resolve(folder, data.classes) }),
  };
  return { ...job, spec: { ...job.spec, data: { ...data, ...absolute } } };
}

function baselineOf(job: DefaultedJob, seed: number): object {
  const { spec } = job;
  const recipe = { ...spec.recipe, seed, evaluationIntervalEpochs: 1 };
  // A key without a value does not appear in YAML.
  return { ...identity(job, 'baseline'), spec: { ...spec, recipe, multigrid: undefined } };
}

function multigridOf(job: DefaultedJob, seed: number): object {
  const { spec } = job;
  const recipe = { ...spec.recipe, seed, evaluationIntervalEpochs: 1 };
  const multigrid = { ...spec.multigrid, evaluationsPerPhase: EVERY_EPOCH };
  return { ...identity(job, 'multigrid'), spec: { ...spec, recipe, multigrid } };
}

/** Longest name the API takes. */
const MAX_NAME_LENGTH = 48;

function identity(job: DefaultedJob, recipe: Recipe): object {
  const { apiVersion, kind, metadata } = job;
  const stem = metadata.name.slice(0, MAX_NAME_LENGTH - recipe.length - 1).replace(/-+$/, '');
  return { apiVersion, kind, metadata: { name: `${stem}-${recipe}` } };
}
