/**
 * Where numbers of the device lie, for libraries that work on its memory themselves. In: a tensor of a block. Out: address and
 * length; the processor cannot read behind it when the device is a GPU.
 */
import type { Address } from '../native/c-library.ts';
import { EngineError } from './engine-error.ts';
import type { DeviceTensor } from './engine.ts';
import { OnnxDeviceTensor } from './onnxruntime/device-memory.ts';

export interface DeviceFloats {
  readonly address: Address;
  /** float32 numbers. */
  readonly length: number;
}

/**
 * The block that the tensor lies in must live for as long as the address is used.
 *
 * @param tensor - float32
 * @throws EngineError `invalid-argument` for another type.
 */
export function deviceFloats(tensor: DeviceTensor): DeviceFloats {
  if (!(tensor instanceof OnnxDeviceTensor) || tensor.type !== 'float32') {
    throw new EngineError(
      'invalid-argument',
      `a ${tensor.type} tensor [${tensor.dims.join(', ')}] has no float32 numbers`,
    );
  }
  return { address: tensor.address, length: tensor.byteLength / Float32Array.BYTES_PER_ELEMENT };
}
