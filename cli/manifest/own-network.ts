/**
 * A user's own network, tried out before anything is started: is the file sound, can it be trained, does it take every
 * shape of the plan? In come the spec, its plan and the folder its path starts from; out come notes and what is wrong.
 * `run`, `plan` and `validate` ask; networks of the zoo need no trying.
 */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import { isOnnxFile } from '../../multigrid/api/network.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import { troubleOf } from '../../storage/trouble.ts';
import { OnnxFileError, OnnxUnsupportedError } from '../../trainer-image/models/onnx/errors.ts';
import { NetworkShapeError } from '../../trainer-image/models/network-shape.ts';
import { misfitsOf, misfitText } from '../../trainer-image/train/preparing/fit-plan.ts';
import { openNetwork } from '../../trainer-image/train/preparing/open-network.ts';
import { networkSettings } from '../../trainer-image/train/preparing/settings-of-job.ts';
import type { CommandIo } from '../io.ts';

export interface NetworkTrial {
  /** How the file was understood. */
  readonly notes: readonly string[];
  /** Why it cannot be trained; null when it can. */
  readonly problem: string | null;
}

const NOTHING: NetworkTrial = { notes: [], problem: null };

/** @param plan null where there is none: then the full shape alone is tried. */
export function tryOwnNetwork(spec: FilledSpec, plan: Plan | null, dataRoot: string): NetworkTrial {
  const { recipe } = spec;
  if (!isOnnxFile(spec.model)) {
    return NOTHING;
  }
  const notes: string[] = [];
  const logger = {
    info: (_message: string, fields?: Readonly<Record<string, unknown>>): void => {
      notes.push(String(fields?.['note']));
    },
  };
  try {
    const network = openNetwork(networkSettings(spec, { dataDir: dataRoot }), logger);
    if (plan === null) {
      network.checkShape({ clips: 1, groups: 1, frames: recipe.frames, cropSize: recipe.cropSize });
      return { notes, problem: null };
    }
    const misfits = misfitsOf(network, plan, { full: recipe, test: recipe.test });
    return { notes, problem: misfits.length === 0 ? null : misfitText(misfits) };
  } catch (error) {
    if (isAboutNetwork(error) && troubleOf(error) !== 'passing') {
      return { notes, problem: error.message };
    }
    throw error;
  }
}

/**
 * Tries a network out and says on standard error what there is to say.
 *
 * @param manifestPath its folder is where the file's path starts from.
 * @returns false when the network cannot be trained; true as well when the file is not here, as on a cluster's volume.
 */
export function reportOwnNetwork(
  spec: FilledSpec,
  plan: Plan | null,
  manifestPath: string,
  io: Pick<CommandIo, 'stderr'>,
): boolean {
  const dataRoot = dirname(resolve(manifestPath));
  if (isOnnxFile(spec.model) && !existsSync(resolve(dataRoot, spec.model.onnx.path))) {
    io.stderr(`${spec.model.onnx.path} (spec.model.onnx.path) was not found, so it was not checked\n`);
    return true;
  }
  const { notes, problem } = tryOwnNetwork(spec, plan, dataRoot);
  notes.forEach((note) => {
    io.stderr(`note: ${note}\n`);
  });
  if (problem !== null) {
    io.stderr(`spec.model.onnx: ${problem}\n`);
  }
  return problem === null;
}

function isAboutNetwork(error: unknown): error is Error {
  return (
    error instanceof OnnxFileError ||
    error instanceof OnnxUnsupportedError ||
    error instanceof NetworkShapeError
  );
}
