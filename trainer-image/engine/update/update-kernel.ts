/**
 * The arena's arithmetic as functions over addresses inside one shared memory. In: that memory. Out: `UpdateKernel`;
 * `arena.ts` calls its update once for the parameters with weight decay and once for those without. The arithmetic is in
 * `kernel.wat`: one pass over memory, two to five times as fast as the same loop in JavaScript (test/bench/update.bench.ts).
 */
import { KERNEL_BASE64 } from './kernel.gen.ts';

/** One contiguous stretch of parameters; every number in bytes, a multiple of 64. */
export interface UpdateStretch {
  readonly parameters: number;
  readonly momenta: number;
  /** Of lane 0. */
  readonly gradients: number;
  readonly bytes: number;
  /** From one lane's gradients to the next one's. */
  readonly laneBytes: number;
}

export interface UpdateCoefficients {
  readonly lanes: number;
  readonly gradientScale: number;
  readonly decay: number;
  readonly momentum: number;
  readonly learningRate: number;
  readonly nesterov: boolean;
}

export interface UpdateKernel {
  /** One step of SGD over a stretch. */
  readonly update: (stretch: UpdateStretch, coefficients: UpdateCoefficients) => void;
  /** Adds the floats at `from` to those at `into`; in bytes, multiples of 64. */
  readonly add: (into: number, from: number, bytes: number) => void;
}

type KernelExport = (...args: readonly number[]) => void;

export function createUpdateKernel(memory: WebAssembly.Memory): UpdateKernel {
  const module = new WebAssembly.Module(Buffer.from(KERNEL_BASE64, 'base64'));
  const { exports } = new WebAssembly.Instance(module, { arena: { memory } });
  const update = kernelExport(exports, 'update');
  return {
    update: (stretch, { lanes, gradientScale, decay, momentum, learningRate, nesterov }) => {
      const { parameters, momenta, gradients, bytes, laneBytes } = stretch;
      const [direct, follow] = nesterov ? [1, momentum] : [0, 1];
      update(
        ...[parameters, momenta, gradients, bytes, laneBytes, lanes],
        ...[gradientScale, decay, momentum, learningRate, direct, follow],
      );
    },
    add: kernelExport(exports, 'add'),
  };
}

function kernelExport(exports: Readonly<Record<string, unknown>>, name: string): KernelExport {
  const found = exports[name];
  if (!isKernelExport(found)) {
    throw new TypeError(`kernel.gen.ts has no function "${name}": run node scripts/build-update-kernel.ts`);
  }
  return found;
}

function isKernelExport(value: unknown): value is KernelExport {
  return typeof value === 'function';
}
