/**
 * `makeMovingDigits`: options in, a folder of real video files with lists and a manifest out. Reads top to bottom:
 * claim the folder, see what is missing, make it in worker processes, write lists and manifest. Run again on a complete
 * folder it only checks; on an interrupted one it goes on. Called by `multigrid dataset make` and by the quickstart.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { closeFolder, findDamage, openFolder, reopenFolder, writeTextFile } from './folder.ts';
import { describe, fingerprintOf, type FileRecord, type Manifest } from './manifest.ts';
import type { VideoKey } from './random-stream.ts';
import { SPLITS, type Split } from './recipe.ts';
import { fillSettings, fillWorkers, type MovingDigitsOptions, type Settings } from './settings.ts';
import { textFiles } from './texts.ts';
import type { VideoRecord } from './video-maker.ts';
import { makeVideos } from './worker-pool.ts';

/** Told after every video. */
export interface DatasetProgress {
  /** Videos that are finished, found ones included. */
  readonly finished: number;
  readonly total: number;
  /** Videos of those that were made in this run. */
  readonly made: number;
}

export interface DatasetSummary {
  readonly directory: string;
  /** Paths of the lists, in the form of Kinetics. */
  readonly lists: Readonly<Record<Split, string>>;
  /** Path of the class names, one a line. */
  readonly classes: string;
  readonly videos: Readonly<Record<Split, number>>;
  /** Size of all videos. */
  readonly bytes: number;
  /** Videos made in this run; 0 when the folder was complete. */
  readonly made: number;
}

/**
 * Makes the dataset, or completes it, or finds it complete.
 *
 * @param report - Hears of every finished video.
 * @param signal - Stops the workers; finished videos stay, and the same call goes on later.
 * @throws DatasetOptionError, DatasetFolderError, DatasetWorkerError; the signal's reason.
 */
export async function makeMovingDigits(
  options: MovingDigitsOptions,
  report: (progress: DatasetProgress) => void,
  signal: AbortSignal,
): Promise<DatasetSummary> {
  const settings = fillSettings(options);
  const workers = fillWorkers(options);
  const directory = options.output;
  const fingerprint = fingerprintOf(settings);

  const folder = await openFolder(directory, fingerprint);
  if (folder.kind === 'complete') {
    const damaged = await findDamage(directory, [...folder.manifest.videos, ...folder.manifest.files]);
    if (damaged.length === 0) {
      return summarize(directory, settings, folder.manifest, 0);
    }
    // In this order: as long as the manifest is there, an interruption here is found out next time.
    await Promise.all(damaged.map((path) => rm(join(directory, path), { force: true })));
    await reopenFolder(directory, fingerprint);
  }

  const total = SPLITS.reduce((sum, split) => sum + settings.videos[split], 0);
  const records: VideoRecord[] = [];
  let made = 0;
  const onVideo = (record: VideoRecord, isNew: boolean): void => {
    records.push(record);
    made += isNew ? 1 : 0;
    report({ finished: records.length, total, made });
  };
  await makeVideos(videoKeys(settings), { directory, size: settings.size, workers, onVideo, signal });
  records.sort(byList);

  const files: FileRecord[] = [];
  for (const [name, text] of textFiles(settings, records)) {
    files.push(await writeTextFile(directory, name, text));
  }
  const manifest = await describe(settings, records, files);
  await closeFolder(directory, manifest);
  return summarize(directory, settings, manifest, made);
}

function videoKeys({ seed, videos }: Settings): VideoKey[] {
  return SPLITS.flatMap((split) =>
    Array.from({ length: videos[split] }, (_, index) => ({ seed, split, index })),
  );
}

/** Workers finish in any order; the lists must not depend on it. */
function byList(a: VideoRecord, b: VideoRecord): number {
  return SPLITS.indexOf(a.split) - SPLITS.indexOf(b.split) || a.index - b.index;
}

function summarize(
  directory: string,
  settings: Settings,
  { videos }: Pick<Manifest, 'videos'>,
  made: number,
): DatasetSummary {
  return {
    directory,
    lists: {
      train: join(directory, 'train.csv'),
      val: join(directory, 'val.csv'),
      test: join(directory, 'test.csv'),
    },
    classes: join(directory, 'classes.txt'),
    videos: settings.videos,
    bytes: videos.reduce((sum, { bytes }) => sum + bytes, 0),
    made,
  };
}
