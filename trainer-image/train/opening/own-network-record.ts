/**
 * Notes down which file a network of the user's is, and holds a file against the note. In: paths. Out: the record for
 * network.json, or what is different. The first worker writes it before training; `multigrid export`
 * compares.
 */
import { dirname, join } from 'node:path';
import { externalFilesOf } from '../../models/onnx/open-model.ts';
import { type NetworkRecord, readNetworkRecord } from '../../run-folder/network-file.ts';
import { writeRecord } from '../../run-folder/record-file.ts';
import { fileHash } from '../../weights/file-hash.ts';
import { ResumeMismatchError } from '../errors.ts';

/** @throws OnnxFileError when the file cannot be read as a model; the file system's error when a part is missing. */
export async function describeNetworkFile(path: string): Promise<NetworkRecord> {
  const external: { location: string; sha256: string }[] = [];
  for (const location of externalFilesOf(path)) {
    external.push({ location, sha256: await fileHash(join(dirname(path), location)) });
  }
  return { path, sha256: await fileHash(path), external };
}

/** The first file that is not what was noted down; null when all are. */
export function changedFile(noted: NetworkRecord, found: NetworkRecord): string | null {
  if (noted.sha256 !== found.sha256) {
    return found.path;
  }
  const now = new Map(found.external.map(({ location, sha256 }) => [location, sha256]));
  const changed = noted.external.find(({ location, sha256 }) => now.get(location) !== sha256);
  return changed === undefined ? null : join(dirname(found.path), changed.location);
}

export interface NetworkRecording {
  /** Of network.json in the run's folder. */
  readonly recordPath: string;
  readonly isResumed: boolean;
  /** False: a worker that holds its file against what another one has noted down. */
  readonly isWriter: boolean;
}

/**
 * Writes the record of a training that begins; holds the file against it when the training goes on. What lies in the folder
 * of a training that begins is of one before it, or is just being written, and is not read.
 *
 * @throws ResumeMismatchError when the file is another one now.
 */
export async function recordNetworkFile(
  path: string,
  { recordPath, isResumed, isWriter }: NetworkRecording,
): Promise<void> {
  const found = await describeNetworkFile(path);
  const noted = isResumed ? await readNetworkRecord(recordPath) : null;
  const changed = noted === null ? null : changedFile(noted, found);
  if (changed !== null) {
    throw new ResumeMismatchError(
      `${changed} is not the file that this run began with; put the one from then back, or choose another --output`,
    );
  }
  if (isWriter) {
    await writeRecord(recordPath, found);
  }
}
