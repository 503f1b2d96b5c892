/**
 * Where the ONNX file of a run is: its graph is needed again, since checkpoints hold numbers only. In: the run's folder
 * and the place a person gave. Out: a path whose files are those the run began with.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readNetworkRecord } from '../../trainer-image/run-folder/network-file.ts';
import { RUN_FILES, RunFolderError } from '../../trainer-image/run-folder/run-folder.ts';
import { changedFile, describeNetworkFile } from '../../trainer-image/train/opening/own-network-record.ts';

/**
 * @param given - overrides where the run found the file; null: there.
 * @throws RunFolderError when the file is not there, or is another one.
 */
export async function ownNetworkFile(folder: string, given: string | null): Promise<string> {
  const record = await readNetworkRecord(join(folder, RUN_FILES.network));
  const path = given ?? record?.path ?? null;
  if (path === null) {
    throw new RunFolderError(
      `${folder} does not say which file its network is from (it was made by an earlier version); name it with --network`,
    );
  }
  if (!existsSync(path)) {
    throw new RunFolderError(
      `the run's network ${path} is not there; say with --network where the file is now`,
    );
  }
  const changed = record === null ? null : changedFile(record, await describeNetworkFile(path));
  if (changed !== null) {
    throw new RunFolderError(
      `${changed} is not the file that the run trained; name the one from then with --network`,
    );
  }
  return path;
}
