/**
 * A safetensors file on the disk as a source of weights. Opening reads the header alone; values are read tensor by
 * tensor, so a file needs no more memory than its largest wanted tensor, whatever its size.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { toFloat32 } from './element-types.ts';
import { headerLength, LENGTH_BYTES, parseTensorHeader, type TensorHeader } from './tensor-header.ts';
import type { WeightSource } from './weight-source.ts';
import { WeightsFileError } from './weights-error.ts';

export class SafetensorsSource implements WeightSource {
  readonly #file: FileHandle;
  readonly #header: TensorHeader;
  readonly #valuesAt: number;

  private constructor(file: FileHandle, header: TensorHeader, valuesAt: number) {
    this.#file = file;
    this.#header = header;
    this.#valuesAt = valuesAt;
  }

  /** @throws WeightsFileError when the header contradicts the file; the file system's error when it cannot be read. */
  static async open(path: string): Promise<SafetensorsSource> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const start = await readAt(file, 0, Math.min(LENGTH_BYTES, size));
      const length = headerLength(start, size);
      const valuesAt = LENGTH_BYTES + length;
      const header = parseTensorHeader(await readAt(file, LENGTH_BYTES, length), size - valuesAt);
      return new SafetensorsSource(file, header, valuesAt);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get tensors(): TensorHeader['tensors'] {
    return this.#header.tensors;
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.#header.metadata;
  }

  async read(name: string): Promise<Float32Array> {
    const { type, begin, end } = this.tensors.get(name)!;
    return toFloat32(type, await readAt(this.#file, this.#valuesAt + begin, end - begin));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) {
      throw new WeightsFileError(`the file ended at byte ${position + filled} while it was read`);
    }
    filled += bytesRead;
  }
  return bytes;
}
