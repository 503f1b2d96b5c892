/**
 * One rank of a test whose engine looks like one on a GPU of its own, over the stand-in for NCCL and the driver. In: the lengths of
 * blocks, as an argument, and GPUs that there are. Out: lines of JSON with what came of sums and a broadcast, and an exit code.
 */
import { argv, env, exit } from 'node:process';
import { closingAll } from '../../../trainer-image/closing.ts';
import { createEngine } from '../../../trainer-image/engine/create-engine.ts';
import { ComputeStream } from '../../../trainer-image/engine/cuda/compute-stream.ts';
import type { DeviceTensor } from '../../../trainer-image/engine/engine.ts';
import { hostFloats } from '../../../trainer-image/engine/host-floats.ts';
import { localPlace } from '../../../trainer-image/mpi/launched.ts';
import { collectiveOn } from '../../../trainer-image/train/collective/on-device.ts';
import { openCollective } from '../../../trainer-image/train/collective/open-collective.ts';
import { RefusingEngine } from '../refusing-engine.ts';
import { say } from '../mpi/this-rank.ts';

const lengths = (argv[2] ?? '').split(',').map(Number);
const gpus = Number(argv[3]);

function distinct(numbers: Float32Array): readonly number[] {
  return [...new Set(numbers)];
}

const logger = {
  info: (message: string, fields?: object) => {
    say({ said: message, ...fields });
  },
  warn: (message: string, fields?: object) => {
    say({ warned: message, ...fields });
  },
};

const ranks = await openCollective(env);
try {
  await closingAll(
    async (opened) => {
      const engine = opened.keep('the engine', await createEngine(), (it) => {
        it.dispose();
      });
      const isOnGpu = gpus > 0;
      const computeStream = isOnGpu
        ? opened.keep('the stream', ComputeStream.open(localPlace(env).index % gpus), (it) => {
            it.release();
          })
        : null;
      const posing = new RefusingEngine(engine, { looksLikeGpu: isOnGpu, computeStream });
      const block = opened.keep('the block', engine.allocate(4 * Math.max(...lengths)), (it) => {
        it.dispose();
      });
      const collective = await collectiveOn(posing, ranks, { nccl: env['MULTIGRID_NCCL'], logger }, opened);
      for (const length of lengths) {
        const tensor: DeviceTensor = block.tensor('float32', [length], 0);
        const numbers = hostFloats(tensor);
        numbers.fill(collective.rank + 1);
        await collective.sumGradients({ tensor, length });
        say({ length, sums: distinct(numbers) });
        numbers.fill(collective.rank + 5);
        await collective.broadcast({ tensor, length });
        say({ length, broadcast: distinct(numbers) });
      }
      const few = Float64Array.of(collective.rank, 0.5);
      await collective.sum(few);
      say({ few: [...few] });
    },
    (what, error) => {
      say({ notClosed: what, error: String(error) });
    },
  );
  await ranks.close();
  say({ closed: true });
} catch (error) {
  say({ error: Error.isError(error) ? { name: error.name, message: error.message } : String(error) });
  exit(75);
}
