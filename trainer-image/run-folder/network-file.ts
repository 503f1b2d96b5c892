/**
 * network.json: which file a run took its network from, with the hashes of everything that was read of it. The trainer
 * writes it when training begins; `multigrid export` needs the file's graph again and makes sure it is the same.
 */
import { hasFields, isListOf, valueAt } from '../../multigrid/json/fields.ts';
import { readRecord } from './record-file.ts';

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

/**
 * The record of a run; null for one of the zoo's networks, and for runs of earlier versions.
 *
 * @throws NetworkFileError when the file is no such record; the file system's error when it cannot be read.
 */
export function readNetworkRecord(path: string): Promise<NetworkRecord | null> {
  const whatToDo = "remove it and name the network's file with --network";
  return readRecord(path, { isRecord: isNetworkRecord, Refusal: NetworkFileError, whatToDo });
}

function isNetworkRecord(value: unknown): value is NetworkRecord {
  const isPart = (file: unknown): file is NetworkRecord['external'][number] =>
    hasFields(file, 'string', ['location', 'sha256']);
  return hasFields(value, 'string', ['path', 'sha256']) && isListOf(valueAt(value, 'external'), isPart);
}
