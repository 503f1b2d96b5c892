/**
 * Whole training steps against PyTorch: same network, shapes and cores, turn by turn. Every row is one network at one shape of
 * the long cycle; its sides are processes of their own (ours, and one per way to run PyTorch), each with its peak memory.
 * Prints a table for docs/benchmarks.md. Run:
 *
 *     npm run bench:engine -- [--networks slowR50,...] [--shapes 1,2,3,4] [--modes eager,channels_last,compile]
 *                             [--rounds 5] [--cores 2] [--python path]
 *
 * Shapes are numbered from coarse to fine. A Python with PyTorch is made under .cache when none is named (5.8 GB). Read
 * CPU times when the machine is shared: they hardly depend on who else runs.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { execPath, stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { torchPython } from '../../scripts/torch-python.ts';
import { askedCases, stepCases } from './engine/cases.ts';
import type { StepCase } from './engine/cases.ts';
import { forwardCost, tableHead, tableRow } from './engine/report.ts';
import type { ForwardCost, Measured } from './engine/report.ts';
import { Side } from './engine/side.ts';

const OURS = fileURLToPath(new URL('engine-steps.ts', import.meta.url));
const THEIRS = fileURLToPath(new URL('pytorch_steps.py', import.meta.url));

const { values: options } = parseArgs({
  options: {
    networks: { type: 'string', default: 'smallI3d,slowR50,i3dR50,slowFastR50' },
    shapes: { type: 'string', default: '1,2,3,4' },
    modes: { type: 'string', default: 'eager,channels_last,compile' },
    rounds: { type: 'string', default: '5' },
    cores: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    python: { type: 'string' },
  },
});
const cores = Number(options.cores);
const modes = options.modes.split(',').filter((mode) => mode !== '');
const python = options.python ?? torchPython((line) => stderr.write(`${line}\n`));

const best = { ours: gemm(execPath, OURS), theirs: gemm(python, THEIRS) };
stdout.write(
  `Machine: ${cpus()[0]?.model ?? 'unknown'}, ${cores} of ${availableParallelism()} cores, Node ${process.version}; best matrix product: ` +
    `${best.ours.toFixed(0)} GFLOP/s in ONNX Runtime, ${best.theirs.toFixed(0)} in PyTorch\n\n`,
);
stdout.write(tableHead(modes));
for (const { title, stepCase } of askedCases(options, (network) => stepCases(network, cores))) {
  const { sides, forward } = await measure(stepCase);
  const bestGflops = Math.max(best.ours, best.theirs);
  stdout.write(tableRow({ title, stepCase, sides, forward, bestGflops }));
}

function gemm(file: string, script: string): number {
  return Number(execFileSync(file, [script, 'gemm', String(cores)], { encoding: 'utf8' }));
}

/** Steps in turn, until every side has its rounds. */
async function measure(
  stepCase: StepCase,
): Promise<{ readonly sides: readonly Measured[]; readonly forward: ForwardCost | undefined }> {
  const text = JSON.stringify(stepCase);
  const [ours] = await Side.start('ours', [execPath, OURS, text]);
  const sides = [ours];
  let forward: ForwardCost | undefined;
  for (const mode of modes) {
    const [side, ready] = await Side.start(mode, [python, THEIRS, text, mode]);
    sides.push(side);
    forward ??= forwardCost(ready);
  }
  const rounds = Number(options.rounds);
  for (let round = -1; round < rounds; round += 1) {
    for (const side of sides) {
      await side.step(round < 0);
    }
  }
  const measured: Measured[] = [];
  for (const side of sides) {
    measured.push({ name: side.name, times: side.times, peakMb: await side.end() });
  }
  return { sides: measured, forward };
}
