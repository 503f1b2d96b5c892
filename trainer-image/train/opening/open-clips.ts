/**
 * The clips of a training: decoder processes over the job's lists. In: what was prepared, how many decoders, and where bad clips
 * are told. Out: the source of all clips.
 */
import { endsWithin } from '../../../timing/timers.ts';
import type { Opened } from '../../closing.ts';
import { datasetFormat } from '../../data/formats/dataset-format.ts';
import { ClipLoader } from '../../data/loader.ts';
import type { MetricsLog } from '../../run-folder/metrics-log.ts';
import { ClipSource } from '../clip-source.ts';
import type { TrainingState } from '../state/training-state.ts';
import type { Opening } from './opening.ts';

/** They are killed outright; one that the kernel holds, on a mount that hangs, dies when the mount comes back. */
const DECODERS_END_MS = 10_000;

export interface ClipsPlace {
  readonly decoders: number;
  readonly state: Pick<TrainingState, 'seconds' | 'iteration'>;
  readonly log: Pick<MetricsLog, 'append'>;
}

/** @throws the errors of decoders and disk. */
export async function openClips(
  { prepared, surroundings: { logger, patience } }: Pick<Opening, 'prepared' | 'surroundings'>,
  opened: Opened,
  { decoders, state, log }: ClipsPlace,
): Promise<ClipSource> {
  const { lists, settings, spec, worker } = prepared;
  const { cacheMiB, maxBadFraction } = spec.data.loader;
  const loader = await ClipLoader.create({
    ...{ videos: lists.train, decoders, cacheMiB, maxBadFraction, patience },
    pictures: datasetFormat().pictures,
    onBadClip: ({ path, reason, message }) => {
      log.append({ kind: 'badClip', seconds: state.seconds(), iteration: state.iteration, path, reason });
      logger.warn('clip replaced', { path, reason, message });
    },
    onGap: (gap) => {
      logger.warn('decoders are not wholly confined', { gap, see: 'SECURITY.md' });
    },
  });
  opened.keep('the decoders', loader, async (it) => {
    if (!(await endsWithin(DECODERS_END_MS, it.dispose()))) {
      logger.warn('the decoders do not end and are left behind', { waitedMs: DECODERS_END_MS });
    }
  });
  const { seed, augmentation } = settings;
  return new ClipSource({ train: loader, lists, seed, augmentation, worker });
}
