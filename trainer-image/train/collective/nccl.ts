/**
 * Blocks that lie on GPUs, one GPU a worker. In: the communicator of the GPUs. Out: their sums, made where they lie, in the order
 * of a ring of GPUs: the same bits on all of them, and in every run on the same machines.
 */
import { deviceFloats } from '../../engine/device-floats.ts';
import type { GpuCommunicator } from '../../nccl/gpu-communicator.ts';
import type { BlockSums } from './collective.ts';

export function ncclSums(gpus: GpuCommunicator): BlockSums {
  return {
    sumGradients: ({ tensor }) => gpus.sumFloats(deviceFloats(tensor)),
    broadcast: ({ tensor }) => gpus.broadcastFloats(deviceFloats(tensor)),
  };
}
