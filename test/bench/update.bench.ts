/**
 * How long one SGD update of two lanes takes: the WebAssembly kernel against the same loop in JavaScript over ordinary
 * arrays, turn by turn. Prints the ratio first, then each side. Run: `node test/bench/update.bench.ts`, optionally
 * with the number of parameters in millions (default 1).
 */
import { argv, stdout } from 'node:process';
import { createArena } from '../../trainer-image/engine/arena.ts';

const ROUNDS = 60;
const WARM_UP_ROUNDS = 10;

const [millions = 1] = argv.slice(2).map(Number);
const count = Math.round(millions * 1e6);
const rate = 1e-6;
const momentum = 0.9;
const weightDecay = 1e-4;
const gradientScale = 0.5;

function createKernelUpdate(): () => void {
  const arena = createArena([{ name: 'w', dims: [count], decay: true }], 2);
  [arena.parameter('w'), arena.gradient(0, 'w'), arena.gradient(1, 'w')].forEach(({ data }, set) => {
    fill(data, set);
  });
  return () => {
    arena.update({ learningRate: rate, momentum, nesterov: true, weightDecay, gradientScale, lanes: 2 });
  };
}

function createScriptUpdate(): () => void {
  const [p, g0, g1] = [0, 1, 2].map((set) => fill(new Float32Array(count), set));
  const v = new Float32Array(count);
  return () => {
    for (let at = 0; at < count; at++) {
      const g = gradientScale * (g0![at]! + g1![at]!) + weightDecay * p![at]!;
      v[at] = momentum * v[at]! + g;
      p![at] = p![at]! - rate * (g + momentum * v[at]!);
    }
  };
}

function fill(values: Float32Array, seed: number): Float32Array {
  for (let at = 0; at < values.length; at++) {
    values[at] = Math.sin(seed + at);
  }
  return values;
}

const contestants = [
  { name: 'kernel', update: createKernelUpdate(), timesMs: new Array<number>() },
  { name: 'script', update: createScriptUpdate(), timesMs: new Array<number>() },
] as const;
for (let round = 0; round < ROUNDS; round++) {
  for (const { update, timesMs } of contestants) {
    const startMs = performance.now();
    update();
    timesMs.push(performance.now() - startMs);
  }
}
const [kernel, script] = contestants.map(({ name, timesMs }) => {
  const sorted = timesMs.slice(WARM_UP_ROUNDS).sort((left, right) => left - right);
  return { name, median: sorted[sorted.length >> 1]!, min: sorted[0]! };
});
stdout.write(`script / kernel: ${(script!.median / kernel!.median).toFixed(2)} at ${millions}M parameters\n`);
for (const { name, median, min } of [kernel!, script!]) {
  stdout.write(`${name}: median ${median.toFixed(3)} ms, min ${min.toFixed(3)} ms\n`);
}
