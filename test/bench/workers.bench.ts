/**
 * Whole training steps of several workers on this machine: one worker on all cores, as many workers with a part of the cores each,
 * and PyTorch's DistributedDataParallel over gloo with as many processes: same network, shapes and cores, turn by turn. Every row is
 * one network at one shape of the long cycle. Prints a table for docs/benchmarks.md. Run:
 *
 *     npm run bench:workers -- [--networks slowR50,slowFastR50] [--shapes 1,2,3,4] [--workers 2] [--rounds 5] [--cores 2]
 *                              [--alone] [--python path] [--hosts [--rate 1gbit]]
 *
 * Shapes are numbered from coarse to fine; every worker has whole batch-norm groups. `--alone` leaves PyTorch out. With
 * `--hosts` every one of our workers has a network namespace of its own, behind a link of that speed (needs root), and the model of
 * `multigrid plan --link` predicts the step from that of one worker. A Python with PyTorch is made under .cache when none is named
 * (5.8 GB).
 */
import { availableParallelism, cpus } from 'node:os';
import { stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { linkBytesPerSecond } from '../../cli/plan/link-speed.ts';
import { ringBytes } from '../../multigrid/sharing/scaling.ts';
import { torchPython } from '../../scripts/torch-python.ts';
import { createNetwork } from '../../trainer-image/models/create-network.ts';
import type { NetworkSpec } from '../../trainer-image/models/network.ts';
import { parameterCount } from '../../trainer-image/models/parameter-count.ts';
import { askedCases, type BenchNetwork, type StepCase, stepCases } from './engine/cases.ts';
import { ShapedHosts } from './hosts/shaped-hosts.ts';
import { startDdp, startOurs } from './workers/start-sides.ts';
import { tableHead, tableRow } from './workers/report.ts';

const { values: options } = parseArgs({
  options: {
    networks: { type: 'string', default: 'slowR50,slowFastR50' },
    shapes: { type: 'string', default: '1,2,3,4' },
    workers: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    cores: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    alone: { type: 'boolean', default: false },
    python: { type: 'string' },
    hosts: { type: 'boolean', default: false },
    rate: { type: 'string' },
  },
});
const [cores, workers, rounds] = [options.cores, options.workers, options.rounds].map(Number) as [
  number,
  number,
  number,
];
const python = options.alone ? null : (options.python ?? torchPython((line) => stderr.write(`${line}\n`)));
const linkSpeed = options.rate === undefined ? null : bytesPerSecondOf(options.rate);

stdout.write(
  `Machine: ${cpus()[0]?.model ?? 'unknown'}, ${cores} of ${availableParallelism()} cores, Node ${process.version}\n\n` +
    tableHead(workers, { hasDdp: python !== null, hasModel: linkSpeed !== null }),
);
const hosts = options.hosts ? ShapedHosts.open(workers, options.rate ?? null) : null;
try {
  await rows();
} finally {
  hosts?.close();
}

async function rows(): Promise<void> {
  // Every worker has a group of the base's clips at the finest shape.
  const casesOf = ({ spec, base }: BenchNetwork): readonly StepCase[] =>
    stepCases({ spec, base: { ...base, clips: base.clips * workers } }, cores);
  for (const { title, stepCase } of askedCases(options, casesOf)) {
    await row(title, { ...stepCase, groups: stepCase.groups * workers });
  }
}

/** Steps in turn, until every side has its rounds. */
async function row(title: string, whole: StepCase): Promise<void> {
  const { clips, groups } = whole;
  const share = { ...whole, clips: clips / workers, groups: groups / workers, cores: cores / workers };
  const sides = [await startOurs(1, whole, null), await startOurs(workers, share, hosts)];
  if (python !== null) {
    sides.push(await startDdp(workers, share, python));
  }
  for (let round = -1; round < rounds; round += 1) {
    for (const side of sides) {
      await side.step(round < 0);
    }
  }
  for (const side of sides) {
    await side.end();
  }
  const [one, several, ddp] = sides.map(({ steps }) => steps);
  const sumMs = linkSpeed === null ? null : sumMsOf(whole.spec, linkSpeed);
  stdout.write(tableRow({ title, stepCase: whole, one: one!, several: several!, ddp, sumMs }));
}

/** What the sum of the gradients takes by the model. */
function sumMsOf(spec: NetworkSpec, bytesPerSecond: number): number {
  return (1000 * ringBytes(4 * parameterCount(createNetwork(spec)), workers)) / bytesPerSecond;
}

function bytesPerSecondOf(rate: string): number {
  const bytesPerSecond = linkBytesPerSecond(rate);
  if (bytesPerSecond === null) {
    throw new Error(`"${rate}" is no speed of a link`);
  }
  return bytesPerSecond;
}
