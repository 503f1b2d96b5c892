/**
 * One rank of bench:gpu's sums: adds up blocks where its engine has them, with the others or, alone, in a communicator of one GPU.
 * In: provider, lengths and repetitions, as arguments. Out: lines of JSON: the way it goes, and of each sum its hash, its error and
 * how long it took.
 */
import { createHash } from 'node:crypto';
import { argv, env } from 'node:process';
import { TRAINER_ENV } from '../../../multigrid/contract/environment.ts';
import { COLLECTIVE } from '../../../multigrid/contract/timings.ts';
import { closingAll, type Opened } from '../../../trainer-image/closing.ts';
import type { DeviceTensor, Engine } from '../../../trainer-image/engine/engine.ts';
import { openEngine } from '../../../trainer-image/engine/open-engine.ts';
import { localPlace } from '../../../trainer-image/mpi/launched.ts';
import { versionText } from '../../../trainer-image/nccl/abi.ts';
import { findNccl } from '../../../trainer-image/nccl/find-nccl.ts';
import { GpuCommunicator } from '../../../trainer-image/nccl/gpu-communicator.ts';
import { type Collective, withBlockSums } from '../../../trainer-image/train/collective/collective.ts';
import { ncclSums } from '../../../trainer-image/train/collective/nccl.ts';
import { collectiveOn } from '../../../trainer-image/train/collective/on-device.ts';
import { openCollective } from '../../../trainer-image/train/collective/open-collective.ts';
import { runOnce } from '../../../trainer-image/train/parameters/run-once.ts';
import { copyModel } from '../../../trainer-image/train/parameters/vector-models.ts';
import { compareSums, valueOf } from '../../support/mpi/order-sensitive.ts';
import { CUDA } from './cuda-options.ts';
import { say } from '../../support/mpi/this-rank.ts';

const provider = argv[2] === 'cuda' ? 'cuda' : 'cpu';
const lengths = (argv[3] ?? '').split(',').map(Number);
const repetitions = Number(argv[4]);
const nccl = env[TRAINER_ENV.nccl];

const logger = {
  info: (message: string, fields: object = {}) => {
    say({ way: message, ...fields });
  },
  warn: (message: string, fields: object = {}) => {
    say({ way: message, ...fields });
  },
};

const ranks = await openCollective(env);
await closingAll(
  async (opened) => {
    const { engine } = await openEngine({
      ...{ executionProvider: provider, cuda: CUDA, localRank: localPlace(env).index },
      libraryPath: env[TRAINER_ENV.onnxRuntime],
    });
    opened.keep('the engine', engine, (it) => {
      it.dispose();
    });
    const collective =
      ranks.size > 1
        ? await collectiveOn(engine, ranks, { nccl, logger }, opened)
        : await alone(engine, opened);
    for (const length of collective === null ? [] : lengths) {
      await sums(engine, collective ?? ranks, length);
    }
  },
  (what, error) => {
    say({ notClosed: what, error: String(error) });
  },
);
await ranks.close();

/** What a single GPU can show of NCCL; null where it cannot. */
async function alone(engine: Engine, opened: Opened): Promise<Collective | null> {
  const found = findNccl(nccl);
  const stream = engine.computeStream;
  if (stream === null || !found.isFound) {
    say({ notRun: found.isFound ? 'no GPU' : found.reason });
    return null;
  }
  const done = (): Promise<void> => Promise.resolve();
  const gpus = await GpuCommunicator.open({
    ...{ nccl: found.nccl, stream, ...COLLECTIVE },
    ranks: { rank: 0, size: 1, broadcastFloats: done, barrier: done },
  });
  logger.info('a communicator of one GPU', { version: versionText(found.version), library: found.library });
  return withBlockSums(ranks, ncclSums(opened.keep('NCCL', gpus, (it) => it.close())));
}

async function sums(engine: Engine, collective: Collective, length: number): Promise<void> {
  const { rank, size } = collective;
  const copy = await engine.createSession(copyModel(length), { threads: 1 });
  const block = engine.allocate(4 * length);
  try {
    const tensor: DeviceTensor = block.tensor('float32', [length], 0);
    const own = Float32Array.from({ length }, (_, index) => valueOf(rank, index));
    const data = new Float32Array(length);
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      await runOnce(copy, {
        inputs: [['from', { type: 'float32', dims: [length], data: own }]],
        outputs: [['to', tensor]],
      });
      await ranks.barrier(new AbortController().signal);
      const startMs = performance.now();
      await collective.sumGradients({ tensor, length });
      const ms = performance.now() - startMs;
      await runOnce(copy, {
        inputs: [['from', tensor]],
        outputs: [['to', { type: 'float32', dims: [length], data }]],
      });
      const { error } = repetition === 0 ? compareSums(data, size) : { error: 0 };
      say({ length, ms, hash: createHash('sha256').update(data).digest('hex'), error });
    }
  } finally {
    block.dispose();
    copy.dispose();
  }
}
