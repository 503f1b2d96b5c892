/**
 * `npm run soak -- --seed N --rounds 200`: interrupts one small run in every way there is and looks whether it leaves the same
 * model each time. Prints what happened in each round, and how to repeat a series that went wrong. Exit code 1 when one did.
 */
import { parseArgs } from 'node:util';
import { soak } from '../test/soak/soak.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    rounds: { type: 'string', default: '200' },
    'rounds-per-series': { type: 'string', default: '8' },
    series: { type: 'string' },
    faults: { type: 'string' },
    'stop-seconds': { type: 'string', default: '60' },
    'away-seconds': { type: 'string', default: '10' },
  },
});

const seed = Number(values.seed);
process.stdout.write(`seed ${seed}\n`);
const { rounds, equal } = await soak({
  seed,
  rounds: Number(values.rounds),
  roundsPerSeries: Number(values['rounds-per-series']),
  series: values.series === undefined ? undefined : Number(values.series),
  faults: values.faults?.split(','),
  times: {
    stopMs: Number(values['stop-seconds']) * 1000,
    awayMs: Number(values['away-seconds']) * 1000,
  },
  print: (line) => process.stdout.write(`${line}\n`),
});
process.exitCode = equal === rounds ? 0 : 1;
