/**
 * One rank of `norm-across.bench.ts`: forward, loss and backward of its clips, in turn with statistics of its own clips and with
 * those of one group of all ranks. In: a `StepCase` of its share as JSON, and how many pairs of steps. Out: of every rank a line
 * with its times.
 */
import { argv, cpuUsage } from 'node:process';
import { createEngine } from '../../../trainer-image/engine/create-engine.ts';
import { createNetwork } from '../../../trainer-image/models/create-network.ts';
import { spanningOf } from '../../../trainer-image/train/collective/spanning.ts';
import { bindStep } from '../../support/bound-step.ts';
import { trainingInputs } from '../../support/network-inputs.ts';
import { parseCase } from '../engine/cases.ts';
import type { StepTime } from '../engine/side.ts';
import type { Pair, RankTimes } from './times.ts';
import { openThisRank, say } from '../../support/mpi/this-rank.ts';

const { spec, clips, frames, cropSize, cores } = parseCase(argv[2] ?? '');
const pairs = Number(argv[3]);
const communicator = await openThisRank();
const { rank, size } = communicator;
const engine = await createEngine();
const network = createNetwork({ ...spec, dropout: 0 });
const shape = { clips, groups: 1, frames, cropSize };
const set = { workers: size, acrossWorkers: 'Synchronize' } as const;
/** A rank that exchanges with nobody but itself. */
const alone = {
  shape: { clips, groups: 1, spanningClips: clips },
  groups: [{ pieces: 1, holders: [{ rank, weight: 1, scale: 1 }] }],
};
const spanning = spanningOf({ clips: clips * size, groups: 1 }, rank, set) ?? alone;
const inputs = trainingInputs(network, shape, { parameters: network.initialValues(1), seed: rank });
const plain = await bindStep(engine, network, shape, inputs, { threads: cores });
const across = await bindStep(engine, network, { ...shape, ...spanning.shape }, inputs, { threads: cores });

async function timed(step: () => Promise<void>): Promise<StepTime> {
  await communicator.barrier();
  const [startMs, used] = [performance.now(), cpuUsage()];
  await step();
  const { user, system } = cpuUsage(used);
  return { wallMs: performance.now() - startMs, cpuMs: (user + system) / 1000 };
}

const taken: Pair[] = [];
// The first pair warms up.
for (let pair = -1; pair < pairs; pair += 1) {
  const times = {
    plain: await timed(() => plain.run()),
    across: await timed(() =>
      communicator.exchange(across.exchanges, spanning.groups, (signal) => across.run(signal)),
    ),
  };
  if (pair >= 0) {
    taken.push(times);
  }
}
const line: RankTimes = { exchanges: across.exchanges.numbers.length, pairs: taken };
say(line);
plain.dispose();
across.dispose();
engine.dispose();
await communicator.close();
