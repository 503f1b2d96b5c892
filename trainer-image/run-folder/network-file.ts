/**
 * network.json: which file a run took its network from, with the hashes of everything that was read of it. The trainer
 * writes it when training begins; `multigrid export` needs the file's graph again and makes sure it is the same.
 */
import { readIfThere } from '../../storage/missing-file.ts';
import { writeWholeFile } from '../../storage/whole-file.ts';

export interface NetworkRecord {
  /** The ONNX file as the trainer found it. */
  readonly path: string;
  readonly sha256: string;
  /** Files beside it that hold tensors, by their path from its folder. */
  readonly external: readonly { readonly location: string; readonly sha256: string }[];
}

/** A network.json that was not written by this program, or by another version of it. */
export class NetworkFileError extends Error {
  override readonly name = 'NetworkFileError';
}

export async function writeNetworkRecord(path: string, record: NetworkRecord): Promise<void> {
  await writeWholeFile(path, `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * The record of a run; null for one of the zoo's networks, and for runs of earlier versions.
 *
 * @throws NetworkFileError when the file is no such record; the file system's error when it cannot be read.
 */
export async function readNetworkRecord(path: string): Promise<NetworkRecord | null> {
  const text = await readIfThere(path);
  if (text === null) {
    return null;
  }
  const value = parse(text, path);
  if (!isRecord(value)) {
    throw new NetworkFileError(
      `${path} is not a record of this version; remove it and name the network's file with --network`,
    );
  }
  return value;
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NetworkFileError(`${path} is not JSON; remove it and name the network's file with --network`, {
      cause,
    });
  }
}

function isRecord(value: unknown): value is NetworkRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'path' in value &&
    typeof value.path === 'string' &&
    'sha256' in value &&
    typeof value.sha256 === 'string' &&
    'external' in value &&
    Array.isArray(value.external) &&
    value.external.every(
      (file: unknown) =>
        typeof file === 'object' &&
        file !== null &&
        'location' in file &&
        typeof file.location === 'string' &&
        'sha256' in file &&
        typeof file.sha256 === 'string',
    )
  );
}
