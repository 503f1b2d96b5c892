/**
 * Numbers of the device where the processor reads and writes them itself. In: a tensor of a block. Out: its memory, no copy. On a
 * GPU there is no such thing; a copying session brings numbers over.
 */
import { EngineError } from './engine-error.ts';
import type { DeviceTensor } from './engine.ts';
import { OnnxDeviceTensor } from './onnxruntime/device-memory.ts';

/**
 * The block that the tensor lies in must outlive the array.
 *
 * @param tensor - float32
 * @throws EngineError `invalid-argument` for another type, and for the memory of a GPU.
 */
export function hostFloats(tensor: DeviceTensor): Float32Array<ArrayBuffer> {
  const bytes = tensor instanceof OnnxDeviceTensor && tensor.type === 'float32' ? tensor.hostBytes() : null;
  if (bytes === null) {
    throw new EngineError(
      'invalid-argument',
      `the processor cannot work on a ${tensor.type} tensor [${tensor.dims.join(', ')}] where it lies`,
    );
  }
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
}
