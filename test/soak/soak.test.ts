/**
 * A few rounds of the soak, with every fault that this machine can make, short ones. `npm run soak` does many, with standstills
 * of a minute.
 */
import { expect, test } from '@jest/globals';
import { openOneMachine } from './one-machine/one-machine.ts';
import { soak } from './soak.ts';

const SEED = 3;
const ROUNDS_PER_SERIES = 6;

test('a run that is killed, frozen, taken over, cut off and put back a day leaves the same model to the byte', async () => {
  const ground = await openOneMachine();
  const { faults } = ground;
  const lines: string[] = [];
  const outcome = await soak(ground, {
    seed: SEED,
    rounds: faults.length,
    roundsPerSeries: ROUNDS_PER_SERIES,
    times: { stopMs: 3000, awayMs: 3000 },
    print: (line) => {
      lines.push(line);
      process.stderr.write(`${line}\n`);
    },
  });
  expect({ outcome, lines }).toMatchObject({
    outcome: { rounds: faults.length, equal: faults.length },
  });
  for (const { name } of faults) {
    expect(lines.filter((line) => line.includes(`: ${name} at iteration `))).toHaveLength(1);
  }
});
