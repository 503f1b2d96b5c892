/**
 * Opens a file of weights by what it is. In: a path and the format that the job names. Out: a source to read tensors
 * from. Pickles are refused by name: reading one runs the code in it.
 */
import { open, stat } from 'node:fs/promises';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { hasCode } from '../../storage/error-code.ts';
import { CheckpointSource } from './checkpoint-source.ts';
import { OnnxSource } from './onnx-source.ts';
import { SafetensorsSource } from './safetensors-source.ts';
import { unwrapped } from './unwrapped-source.ts';
import { WeightsFileError } from './weights-error.ts';
import type { WeightSource } from './weight-source.ts';

export type WeightsFormat = 'safetensors' | 'onnx';

const PICKLE_NAME = /\.(?:pt|pth|pyth|pkl|ckpt)$/iu;
/** `torch.save` writes a zip archive of a pickle; before version 1.6 it wrote the pickle itself. */
const PICKLE_STARTS = [
  [0x50, 0x4b, 0x03, 0x04],
  [0x80, 0x02],
] as const;
const CHECKPOINT_FORMAT = 'multigrid-checkpoint/';

/** @throws WeightsFileError when the file is missing, is a pickle, or is no file of the format. */
export async function openWeights(path: string, format: WeightsFormat): Promise<WeightSource> {
  try {
    await refusePickle(path);
    return await openers[format](path);
  } catch (error) {
    throw explained(path, error);
  }
}

const openers: Readonly<Record<WeightsFormat, (path: string) => Promise<WeightSource>>> = {
  safetensors: async (path) => {
    const file = await SafetensorsSource.open(path);
    const isCheckpoint = file.metadata['format']?.startsWith(CHECKPOINT_FORMAT) ?? false;
    return isCheckpoint ? new CheckpointSource(file) : unwrapped(file);
  },
  onnx: async (path) => unwrapped(await OnnxSource.open(path)),
};

async function refusePickle(path: string): Promise<void> {
  // Asked before it is opened: opening a pipe would wait for its other end.
  if (!(await stat(path)).isFile()) {
    throw new WeightsFileError('it is not a regular file');
  }
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read({ buffer: new Uint8Array(4), position: 0 });
    const start = buffer.subarray(0, bytesRead);
    const isPickle = PICKLE_STARTS.some((magic) => magic.every((byte, index) => start[index] === byte));
    if (isPickle || PICKLE_NAME.test(path)) {
      throw new WeightsFileError(
        'it is a PyTorch pickle, which can run code when it is read, so it is never read here; make a safetensors file ' +
          `of it where you trust it: python scripts/convert-weights.py ${path} weights.safetensors`,
      );
    }
  } finally {
    await file.close();
  }
}

function explained(path: string, error: unknown): WeightsFileError {
  const cause = messageOf(error);
  const isMissing = hasCode(error, 'ENOENT');
  return new WeightsFileError(
    isMissing
      ? `${path} does not exist; check the path (spec.model.pretrained.path starts from the manifest's folder)`
      : `the weights ${path} cannot be used: ${cause}`,
    { cause: error },
  );
}
