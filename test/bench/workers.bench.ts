/**
 * Whole training steps of several workers on this machine: one worker on all cores, as many workers with a part of the cores each,
 * and PyTorch's DistributedDataParallel over gloo with as many processes: same network, shapes and cores, turn by turn. Every row is
 * one network at one shape of the long cycle. Prints a table for docs/benchmarks.md. Run:
 *
 *     npm run bench:workers -- [--networks slowR50,slowFastR50] [--shapes 1,2,3,4] [--workers 2] [--rounds 5] [--cores 2]
 *                              [--alone] [--python path]
 *
 * Shapes are numbered from coarse to fine; every worker has whole batch-norm groups. `--alone` leaves PyTorch out. A Python with
 * PyTorch is made under .cache when none is named (5.8 GB).
 */
import { availableParallelism, cpus } from 'node:os';
import { stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { torchPython } from '../../scripts/torch-python.ts';
import { NETWORKS, type StepCase, stepCases } from './engine/cases.ts';
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
  },
});
const [cores, workers, rounds] = [options.cores, options.workers, options.rounds].map(Number) as [
  number,
  number,
  number,
];
const python = options.alone ? null : (options.python ?? torchPython((line) => stderr.write(`${line}\n`)));

stdout.write(
  `Machine: ${cpus()[0]?.model ?? 'unknown'}, ${cores} of ${availableParallelism()} cores, Node ${process.version}\n\n` +
    tableHead(workers, python !== null),
);
for (const name of options.networks.split(',')) {
  const network = NETWORKS[name];
  if (network === undefined) {
    throw new Error(`there is no network "${name}"; there are ${Object.keys(NETWORKS).join(', ')}`);
  }
  const { spec, title, base } = network;
  // Every worker has a group of the base's clips at the finest shape.
  const cases = stepCases({ spec, base: { ...base, clips: base.clips * workers } }, cores);
  for (const shape of options.shapes.split(',')) {
    const stepCase = cases[Number(shape) - 1];
    if (stepCase === undefined) {
      throw new Error(`there is no shape ${shape}; shapes are 1 to ${cases.length}`);
    }
    await row(title, { ...stepCase, groups: stepCase.groups * workers });
  }
}

/** Steps in turn, until every side has its rounds. */
async function row(title: string, whole: StepCase): Promise<void> {
  const { clips, groups } = whole;
  const share = { ...whole, clips: clips / workers, groups: groups / workers, cores: cores / workers };
  const sides = [await startOurs(1, whole), await startOurs(workers, share)];
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
  stdout.write(tableRow({ title, stepCase: whole, one: one!, several: several!, ddp }));
}
