/**
 * `npm run soak -- --seed N --rounds 200`: interrupts one small run in every way there is and looks whether it leaves the same
 * model each time; with `--cluster` in pods on real nodes, where the API server is what goes away. Prints what happened in each round, and how to repeat a series that went wrong. Exit code 1 when one did.
 */
import { parseArgs } from 'node:util';
import { openCluster } from '../test/soak/in-cluster/in-cluster.ts';
import { openOneMachine } from '../test/soak/one-machine/one-machine.ts';
import { soak, type SoakOptions } from '../test/soak/soak.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    rounds: { type: 'string', default: '200' },
    'rounds-per-series': { type: 'string', default: '8' },
    series: { type: 'string' },
    faults: { type: 'string' },
    'stop-seconds': { type: 'string', default: '60' },
    cluster: { type: 'boolean', default: false },
    'away-seconds': { type: 'string', default: '10' },
  },
});

const seed = Number(values.seed);
process.stdout.write(`seed ${seed}\n`);
const options: SoakOptions = {
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
};
const { rounds, equal } = values.cluster
  ? await soak(await openCluster(), options)
  : await soak(await openOneMachine(), options);
process.exitCode = equal === rounds ? 0 : 1;
