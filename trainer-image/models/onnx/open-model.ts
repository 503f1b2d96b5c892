/**
 * A network file from disk. In: its path. Out: the checked model and the message it was read from.
 * Tensors may be stored in files beside it; a path that leads out of the folder, by dots or by a link, is
 * refused.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { TensorProto_DataLocation } from 'onnx-buf';
import { messageOf } from '../../../multigrid/errors/message-of.ts';
import { OnnxFileError } from './errors.ts';
import { decodeModel, readModel } from './read-model.ts';
import type { OpenedModel } from './read-model.ts';
import type { ReadExternal } from './tensor-data.ts';

/** Protobuf's own limit on one message. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

/**
 * @throws OnnxFileError when the file cannot be read, is damaged, or points outside its folder.
 * @throws OnnxUnsupportedError when it is sound but cannot be trained.
 */
export function openModel(path: string): OpenedModel {
  const bytes = readWhole(path);
  try {
    return readModel(bytes, externalReader(dirname(path)));
  } catch (error) {
    if (error instanceof Error) {
      error.message = `${path}: ${error.message}`;
    }
    throw error;
  }
}

/**
 * The files beside a model that hold tensors of it, by their paths from its folder.
 *
 * @throws OnnxFileError when the file cannot be read or is damaged.
 */
export function externalFilesOf(path: string): readonly string[] {
  const { graph } = decodeModel(readWhole(path));
  const stored = graph?.initializer ?? [];
  const constants = (graph?.node ?? []).flatMap(({ attribute }) => attribute.flatMap(({ t }) => t ?? []));
  const external = [...stored, ...constants].filter(
    ({ dataLocation }) => dataLocation === TensorProto_DataLocation.EXTERNAL,
  );
  const locations = external.flatMap(({ externalData }) =>
    externalData.filter(({ key }) => key === 'location').map(({ value }) => value),
  );
  return [...new Set(locations)].toSorted();
}

function readWhole(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES) {
      throw new OnnxFileError(`${path} has ${size} bytes; store its tensors as external data`);
    }
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof OnnxFileError) {
      throw cause;
    }
    throw new OnnxFileError(`${path} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function externalReader(folder: string): ReadExternal {
  const root = realpathSync(folder);
  return (location, offset, length) => {
    const path = insideFolder(root, location);
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (offset + length > size) {
        throw new OnnxFileError(
          `external file ${JSON.stringify(location)} has ${size} bytes; a tensor is said to end at ${offset + length}`,
        );
      }
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const read = readSync(file, bytes, done, length - done, offset + done);
        if (read === 0) {
          throw new OnnxFileError(`external file ${JSON.stringify(location)} ended while it was read`);
        }
        done += read;
      }
      return bytes;
    } finally {
      closeSync(file);
    }
  };
}

function insideFolder(root: string, location: string): string {
  const refused = (why: string): OnnxFileError =>
    new OnnxFileError(
      `external data ${JSON.stringify(location)} ${why}; tensors must be stored in the folder of the model`,
    );
  if (location === '' || isAbsolute(location) || location.includes('\0')) {
    throw refused('is not a path inside the folder');
  }
  let real: string;
  try {
    real = realpathSync(join(root, location));
  } catch (cause) {
    throw new OnnxFileError(`external data ${JSON.stringify(location)} is not there`, { cause });
  }
  const inside = relative(root, real);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw refused('leads out of the folder');
  }
  if (!statSync(real).isFile()) {
    throw refused('is not a file');
  }
  return real;
}
