/**
 * `npm test`: brings what the tests need and a fresh machine lacks, runs every suite, and ends with one plain line,
 * `N passed, N failed`. Arguments go to jest. In CI a skipped test counts as a failure: there everything can be had.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { bringTestTools } from './test-tools.ts';

interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const RESULTS = '.cache/test-results.json';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readResults(): JestResults {
  const results: unknown = JSON.parse(readFileSync(RESULTS, 'utf8'));
  if (!isResults(results)) {
    throw new TypeError(`${RESULTS} is not what jest writes`);
  }
  return results;
}

function isResults(value: unknown): value is JestResults {
  return typeof value === 'object' && value !== null && 'numPassedTests' in value && 'testResults' in value;
}

await bringTestTools(say);
mkdirSync('.cache', { recursive: true });
rmSync(RESULTS, { force: true });
const jest = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${RESULTS}`,
    ...process.argv.slice(2),
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
const results = readResults();
const skipped = results.testResults
  .flatMap((suite) => suite.assertionResults)
  .filter((test) => test.status === 'pending' || test.status === 'todo');
for (const test of skipped) {
  say(`skipped: ${test.fullName}`);
}
const isCi = process.env['CI'] === 'true';
const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + (isCi ? skipped.length : 0);
const tail = skipped.length > 0 && !isCi ? `, ${skipped.length} skipped` : '';
say(`${results.numPassedTests} passed, ${failed} failed${tail}`);
process.exitCode = failed > 0 || jest.status !== 0 ? 1 : 0;
