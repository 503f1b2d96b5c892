/**
 * The collective of workers once their devices are known. In: their ranks, and the engine of this one. Out: a `Collective` that
 * adds gradients up where they lie: on processors over MPI, on GPUs by NCCL; where NCCL cannot, over MPI by way of main memory,
 * which the log says. All workers come here at the same time.
 */
import { COLLECTIVE } from '../../../multigrid/contract/timings.ts';
import { numberAt, parsedJson, textAt } from '../../../multigrid/json/fields.ts';
import type { Opened } from '../../closing.ts';
import type { ComputeStream } from '../../engine/cuda/compute-stream.ts';
import { askDriver } from '../../engine/cuda/driver.ts';
import type { Engine } from '../../engine/engine.ts';
import { versionText } from '../../nccl/abi.ts';
import { findNccl, type NcclFinding } from '../../nccl/find-nccl.ts';
import { GpuCommunicator } from '../../nccl/gpu-communicator.ts';
import type { Logger } from '../logger.ts';
import { type Collective, withBlockSums } from './collective.ts';
import { type RankDevice, wayOfSums } from './gpu-sums.ts';
import { MpiCollective } from './mpi.ts';
import { ncclSums } from './nccl.ts';
import { StagedSums } from './staged.ts';
import { textsOfAll } from './texts-of-all.ts';

export interface DeviceSurroundings {
  /** NCCL's library, when it is none of those that are looked for. */
  readonly nccl?: string | undefined;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** Uuid of a GPU that the driver does not know. */
const UNKNOWN = '0'.repeat(32);

/**
 * @param opened - takes care of what is to be closed before the engine
 * @throws RanksDisagreeError when only some workers have a GPU; NcclCallError, RanksSilentError when GPUs do not find each other.
 */
export async function collectiveOn(
  engine: Engine,
  ranks: Collective,
  { nccl, logger }: DeviceSurroundings,
  opened: Opened,
): Promise<Collective> {
  if (!(ranks instanceof MpiCollective)) {
    return ranks;
  }
  const found = engine.device.kind === 'cuda' ? findNccl(nccl) : null;
  const way = wayOfSums(await devicesOfAll(ranks, deviceOf(engine, found)));
  if (way.kind === 'staged') {
    const reason = found?.isFound === false ? { reason: found.reason } : {};
    logger.warn('gradients are added up in main memory, not between the GPUs: slower', {
      why: way.why,
      ...reason,
    });
    return throughMemory(ranks, engine, opened);
  }
  const stream = engine.computeStream;
  return way.kind === 'nccl' && found?.isFound === true && stream !== null
    ? betweenGpus(ranks, found, stream, logger)
    : ranks;
}

function throughMemory(ranks: MpiCollective, engine: Engine, opened: Opened): Collective {
  const sums = new StagedSums(ranks.communicator, engine);
  opened.keep('the way through main memory', sums, (it) => {
    it.dispose();
  });
  return withBlockSums(ranks, sums);
}

async function betweenGpus(
  ranks: MpiCollective,
  { nccl, version, library }: Extract<NcclFinding, { isFound: true }>,
  stream: ComputeStream,
  logger: DeviceSurroundings['logger'],
): Promise<Collective> {
  const gpus = await GpuCommunicator.open({ nccl, stream, ranks: ranks.communicator, ...COLLECTIVE });
  ranks.closeBefore(() => gpus.close());
  logger.info('gradients are added up by NCCL', { version: versionText(version), library });
  return withBlockSums(ranks, ncclSums(gpus));
}

function deviceOf({ device }: Engine, found: NcclFinding | null): RankDevice {
  if (device.kind === 'cpu') {
    return { kind: 'cpu' };
  }
  const driver = askDriver();
  const gpu = driver.kind === 'found' ? driver.gpus[device.options.deviceId] : undefined;
  return { kind: 'cuda', uuid: gpu?.uuid ?? UNKNOWN, nccl: found?.isFound === true ? found.version : 0 };
}

/** Of all workers, in the order of the ranks. */
async function devicesOfAll(ranks: Collective, own: RankDevice): Promise<readonly RankDevice[]> {
  return (await textsOfAll(ranks, JSON.stringify(own))).map(parsedJson).map(deviceFrom);
}

function deviceFrom(value: unknown): RankDevice {
  return textAt(value, 'kind') === 'cuda'
    ? { kind: 'cuda', uuid: textAt(value, 'uuid') ?? UNKNOWN, nccl: numberAt(value, 'nccl') ?? 0 }
    : { kind: 'cpu' };
}
