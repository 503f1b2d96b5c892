/**
 * One run of jest, and what came of it in numbers. In: the arguments. Out: passed, failed and skipped tests, and how long each
 * suite took. What jest says goes to standard error as it comes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { relative, resolve } from 'node:path';

export interface SuiteResults {
  readonly passed: number;
  /** Tests, and files that could not be run at all. */
  readonly failed: number;
  readonly skipped: readonly string[];
  readonly suites: readonly SuiteTime[];
  readonly seconds: number;
  /** Jest ended as it does when all is well. */
  readonly isSound: boolean;
}

export interface SuiteTime {
  readonly file: string;
  readonly seconds: number;
}

interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** @param stage - names the file of results under .cache */
export async function runSuites({
  stage,
  args,
}: {
  readonly stage: string;
  readonly args: readonly string[];
}): Promise<SuiteResults> {
  const file = `.cache/test-results-${stage}.json`;
  rmSync(file, { force: true });
  const started = performance.now();
  const jest = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--json',
      '--passWithNoTests',
      `--outputFile=${file}`,
      ...args,
    ],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      // Suites start hundreds of programs of ours: what one has compiled, the next need not.
      env: { ...process.env, NODE_COMPILE_CACHE: resolve('.cache/compiled') },
    },
  );
  const [code] = (await once(jest, 'close')) as [number | null];
  const results = readResults(file);
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped: results.testResults
      .flatMap((suite) => suite.assertionResults)
      .filter(({ status }) => status === 'pending' || status === 'todo')
      .map(({ fullName }) => fullName),
    suites: results.testResults.map(({ name, startTime, endTime }) => ({
      file: relative(process.cwd(), name),
      seconds: (endTime - startTime) / 1000,
    })),
    seconds: (performance.now() - started) / 1000,
    isSound: code === 0,
  };
}

export function addUp(one: SuiteResults, other: SuiteResults): SuiteResults {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: [...one.skipped, ...other.skipped],
    suites: [...one.suites, ...other.suites],
    seconds: one.seconds + other.seconds,
    isSound: one.isSound && other.isSound,
  };
}

/** The suites that took longest, longest first. */
export function slowest({ suites }: SuiteResults, count: number): readonly SuiteTime[] {
  return suites.toSorted((one, other) => other.seconds - one.seconds).slice(0, count);
}

function readResults(file: string): JestResults {
  const results: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isResults(results)) {
    throw new TypeError(`${file} is not what jest writes`);
  }
  return results;
}

function isResults(value: unknown): value is JestResults {
  return typeof value === 'object' && value !== null && 'numPassedTests' in value && 'testResults' in value;
}
