/**
 * How many training clips the plan is made for: told on the command line, counted in the train list, or told in the
 * manifest, in this order. The list is looked for where the trainer would look: relative to the manifest's folder.
 */
import { dirname, resolve } from 'node:path';
import { hasCode } from '../../storage/error-code.ts';
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import { datasetFormat } from '../../trainer-image/data/formats/dataset-format.ts';
import { listFormOf } from '../../trainer-image/data/formats/kinetics-list.ts';
import type { CommandIo } from '../io.ts';

/** Nobody says how many clips there are. */
export class ClipCountError extends Error {
  override readonly name = 'ClipCountError';
}

/**
 * The number of training clips.
 *
 * @param told `--clips`, undefined when not given
 * @throws ClipCountError when the list is not there and nothing else tells; VideoListError when it has bad lines.
 */
export async function countClips(
  spec: FilledSpec,
  manifestPath: string,
  told: number | undefined,
  io: Pick<CommandIo, 'readTextFile'>,
): Promise<number> {
  if (told !== undefined) {
    return told;
  }
  const path = resolve(dirname(manifestPath), spec.data.train);
  const text = await readIfThere(path, io);
  if (text !== null) {
    const { videos } = datasetFormat().parseList(text, {
      source: path,
      root: dirname(path),
      ...listFormOf(spec),
    });
    return videos.length;
  }
  if (spec.data.clips !== null) {
    return spec.data.clips;
  }
  throw new ClipCountError(
    `${path} (spec.data.train) does not exist, so the number of training clips is unknown; give --clips or spec.data.clips`,
  );
}

async function readIfThere(path: string, io: Pick<CommandIo, 'readTextFile'>): Promise<string | null> {
  try {
    return await io.readTextFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return null;
    }
    throw new ClipCountError(`${path} (spec.data.train) cannot be read`, { cause: error });
  }
}
