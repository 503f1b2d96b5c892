/**
 * `npm test`: every suite in two stages, ended by one plain line, `N passed, N failed`. First what runs anywhere in a few
 * minutes, while the Kubernetes of the second is built beside it where it is missing; then whole trainings and clusters.
 * `--fast` stops after the first (`npm run test:fast`). Other arguments go to jest. In CI a skipped test counts as a
 * failure: there everything can be had.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { argv, env, stdout } from 'node:process';
import { addUp, runSuites, slowest, type SuiteResults } from './run-suites.ts';
import { bringTestTools, startClusterTools } from './test-tools.ts';

/** Its suites wait more than they compute: for restarts, leases, evictions. Each may have a cluster of a few GB. */
const SECOND_STAGE_WORKERS = Math.min(8, 2 * availableParallelism());
/** Whole runs, processes and clusters; all else stands beside its source or compares with vectors. */
const SECOND_STAGE = String.raw`/test/(?:cluster|integration|chart|e2e|soak)/`;

function say(line: string): void {
  stdout.write(`${line}\n`);
}

function finish(results: SuiteResults, isCi: boolean): void {
  for (const { file, seconds } of slowest(results, 20)) {
    say(`${seconds.toFixed(0).padStart(5)} s  ${file}`);
  }
  for (const name of results.skipped) {
    say(`skipped: ${name}`);
  }
  const skipped = results.skipped.length;
  const failed = results.failed + (isCi ? skipped : 0);
  const tail = skipped > 0 && !isCi ? `, ${skipped} skipped` : '';
  say(`${results.passed} passed, ${failed} failed${tail}`);
  process.exitCode = failed > 0 || !results.isSound ? 1 : 0;
}

const isFast = argv.includes('--fast');
const args = argv.slice(2).filter((arg) => arg !== '--fast');
mkdirSync('.cache', { recursive: true });
bringTestTools(say);
const tools = isFast ? null : startClusterTools(say);
const first = await runSuites({ stage: 'first', args: ['--testPathIgnorePatterns', SECOND_STAGE, ...args] });
let results = first;
if (tools !== null) {
  say(`first stage: ${first.passed} passed, ${first.failed} failed in ${first.seconds.toFixed(0)} s`);
  await tools;
  const second = await runSuites({
    stage: 'second',
    args: [
      `--maxWorkers=${SECOND_STAGE_WORKERS}`,
      ...['--testSequencer', './scripts/heavy-first.mjs', '--testPathIgnorePatterns'],
      String.raw`^(?!.*${SECOND_STAGE})`,
      ...args,
    ],
  });
  results = addUp(first, second);
}
finish(results, env['CI'] === 'true');
