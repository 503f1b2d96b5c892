/**
 * How long planning takes: the quickstart's recipe, the published Kinetics one, and the longest the API accepts.
 * Run with `node test/bench/plan.bench.ts`.
 */
import { createHash } from 'node:crypto';
import { stdout } from 'node:process';
import { planTraining } from '../../multigrid/plan/plan.ts';
import { filledSpec } from '../support/filled-specs.ts';

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

const KINETICS = filledSpec({
  recipe: { frames: 32, cropSize: 224, batchSize: 64, epochs: 239, steps: [0, 94, 154, 196] },
  data: { jitterScales: [256, 320] },
  workers: { replicas: 8 },
});
const LONGEST = filledSpec({
  recipe: { epochs: 2000, steps: Array.from({ length: 16 }, (_, stage) => stage * 120) },
  multigrid: { epochFactor: 5, evaluationsPerPhase: 1000 },
});

const ROUNDS = 300;
const cases = [
  { name: 'quickstart, 10 phases', plan: () => planTraining(filledSpec(), 1200, sha256Hex) },
  { name: 'Kinetics-400, 14 phases', plan: () => planTraining(KINETICS, 240_436, sha256Hex) },
  {
    name: 'longest, 62 phases and 10,000 evaluations',
    plan: () => planTraining(LONGEST, 1_000_000_000, sha256Hex),
  },
];

for (const { name, plan } of cases) {
  const timesMs = Array.from({ length: ROUNDS }, () => {
    const startMs = performance.now();
    plan();
    return performance.now() - startMs;
  }).toSorted((one, other) => one - other);
  const [median, slow] = [0.5, 0.9].map((share) => timesMs[Math.floor(share * ROUNDS)]?.toFixed(2));
  stdout.write(`${name}: ${median} ms (90 % below ${slow} ms)\n`);
}
