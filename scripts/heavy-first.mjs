/**
 * The order of suites in the second stage: those that take minutes first, so that both cores have work to the end. Jest knows
 * how long a suite took only where it ran before, and in a fresh clone nothing did. In: suites. Out: the same in order.
 */
import Sequencer from '@jest/test-sequencer';

/** Longest first; what is not named comes after, by size. */
const HEAVY = [
  'test/e2e/cluster/training.test.ts',
  'test/e2e/cluster/reasons.test.ts',
  'test/e2e/storage-trouble.test.ts',
  'test/e2e/cluster/chart.test.ts',
  'test/soak/soak.test.ts',
  'test/e2e/interrupted-run.test.ts',
  'test/integration/outages.test.ts',
  'test/integration/liveness.test.ts',
  'test/integration/leaders.test.ts',
  'test/cluster/nodes/nodes.test.ts',
  'test/integration/trainer-process.test.ts',
  'test/e2e/failing-run.test.ts',
  'test/integration/operator-rights.test.ts',
  'test/e2e/own-network.test.ts',
  'test/e2e/short-of-memory.test.ts',
  'test/integration/reconcile.test.ts',
  'test/integration/stuck.test.ts',
  'test/e2e/cluster/images.test.ts',
];

function place(path) {
  const index = HEAVY.findIndex((heavy) => path.endsWith(heavy));
  return index === -1 ? HEAVY.length : index;
}

export default class HeavyFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((one, other) => place(one.path) - place(other.path));
  }
}
