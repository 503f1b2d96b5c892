/**
 * The soak: one small run, trained once in peace and then again and again under faults, has to leave the same model, to the
 * byte, and the same evaluations every time. In come a ground to run on, a seed and a number of rounds, out come lines to read and how many rounds
 * ended well. A series is one run with several faults; whether its rounds were borne shows at its end.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../multigrid/errors/message-of.ts';
import { drawSeries, type Round } from './draw.ts';
import type { Fault, FaultTimes, Ground, StruckRun } from './ground.ts';
import { differencesBetween, iterationsIn, type Results, resultsIn } from './results.ts';

export interface SoakOptions {
  readonly seed: number;
  readonly rounds: number;
  /** Faults that strike one run. */
  readonly roundsPerSeries: number;
  readonly times: FaultTimes;
  /** Only this series, from 0; undefined: all of them. */
  readonly series?: number | undefined;
  /** Only these faults; undefined: all that can be made here. */
  readonly faults?: readonly string[] | undefined;
  readonly print: (line: string) => void;
}

export interface SoakOutcome {
  readonly rounds: number;
  readonly equal: number;
  /** Faults that could not be made here, with the reason. */
  readonly skipped: readonly string[];
}

/** Closes the ground at the end. */
export async function soak<Run extends StruckRun>(
  ground: Ground<Run>,
  options: SoakOptions,
): Promise<SoakOutcome> {
  const { print } = options;
  const { skipped } = ground;
  const faults = ground.faults.filter(({ name }) => options.faults?.includes(name) ?? true);
  for (const line of skipped) {
    print(`left out: ${line}`);
  }
  try {
    const { results: calm, iterations } = await trainInPeace(ground);
    print(`the calm run has ${iterations} iterations`);
    let done = 0;
    let equal = 0;
    for (const { series, rounds } of seriesOf(options)) {
      const drawn = drawSeries(
        options.seed,
        series,
        faults.map(({ name }) => name),
        { rounds, iterations },
      );
      const isEqual = await runSeries({ ground, calm }, series, drawn, { ...options, faults });
      done += rounds;
      equal += isEqual ? rounds : 0;
    }
    print(`${equal} of ${done} rounds equal`);
    return { rounds: done, equal, skipped };
  } finally {
    await ground.close();
  }
}

interface Calm {
  readonly results: Results;
  readonly iterations: number;
}

/** What every other run has to leave. */
async function trainInPeace<Run extends StruckRun>(ground: Ground<Run>): Promise<Calm> {
  const run = ground.run('undisturbed');
  await run.toEnd();
  await run.close();
  const calm = { results: await resultsIn(run.folder), iterations: await iterationsIn(run.folder) };
  await removeOutput(run);
  return calm;
}

async function removeOutput({ folder }: StruckRun): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

function seriesOf({ rounds, roundsPerSeries, series }: SoakOptions): readonly {
  readonly series: number;
  readonly rounds: number;
}[] {
  if (series !== undefined) {
    return [{ series, rounds: roundsPerSeries }];
  }
  const all: { series: number; rounds: number }[] = [];
  for (let left = rounds; left > 0; left -= roundsPerSeries) {
    all.push({ series: all.length, rounds: Math.min(left, roundsPerSeries) });
  }
  return all;
}

interface SeriesOptions<Run> extends Omit<SoakOptions, 'faults'> {
  readonly faults: readonly Fault<Run>[];
}

async function runSeries<Run extends StruckRun>(
  { ground, calm }: { readonly ground: Ground<Run>; readonly calm: Results },
  series: number,
  drawn: readonly Round[],
  { faults, times, seed, roundsPerSeries, print }: SeriesOptions<Run>,
): Promise<boolean> {
  const runs = new Runs(ground, calm, `series-${series}`);
  const repeat = `npm run soak -- --seed ${seed} --series ${series} --rounds-per-series ${roundsPerSeries}`;
  let differences: readonly string[];
  try {
    for (const round of drawn) {
      const run = await runs.at(round);
      const at = await iterationsIn(run.folder);
      const seen = await faultOf(round, faults).strike(run, times);
      print(
        `series ${series}, round ${round.number}: ${round.fault} at iteration ${at} + ${round.delayMs} ms: ${seen}`,
      );
    }
    differences = await runs.close();
  } catch (error) {
    differences = [messageOf(error)];
  } finally {
    await runs.kill();
  }
  const outcome =
    differences.length === 0 ? 'equal' : `NOT EQUAL: ${differences.join('; ')}; again: ${repeat}`;
  print(`series ${series}: ${drawn.length} rounds, ${outcome}`);
  return differences.length === 0;
}

function faultOf<Run>({ fault }: Round, faults: readonly Fault<Run>[]): Fault<Run> {
  const found = faults.find(({ name }) => name === fault);
  if (found === undefined) {
    throw new TypeError(`there is no fault ${fault}`);
  }
  return found;
}

/** The run of a series, and the next one where that came to its end before all rounds have struck. */
class Runs<Run extends StruckRun> {
  readonly #ground: Ground<Run>;
  readonly #calm: Results;
  readonly #name: string;
  readonly #differences: string[] = [];
  #run: Run;

  constructor(ground: Ground<Run>, calm: Results, name: string) {
    this.#ground = ground;
    this.#calm = calm;
    this.#name = name;
    this.#run = ground.run(name);
  }

  /** A run that is under way and has come as far as the round wants it. */
  async at({ iteration, delayMs }: Round): Promise<Run> {
    // A machine may finish what is left of a run sooner than the delay is over, and the fault before may have its consequences.
    for (const pauseMs of [delayMs, delayMs, 0]) {
      if (this.#run.isComplete) {
        await this.#finish();
      }
      if (!this.#run.isUnderWay) {
        await this.#run.start();
      }
      await this.#run.untilIteration(iteration);
      await sleep(pauseMs);
      if (this.#run.isUnderWay) {
        return this.#run;
      }
    }
    throw new Error(`the run had ended before it could be struck at iteration ${iteration}`);
  }

  /** Lets the run come to its end. Returns what is not as it should be in this one and those before. */
  async close(): Promise<readonly string[]> {
    await this.#finish();
    return this.#differences;
  }

  async kill(): Promise<void> {
    await this.#run.close();
    await removeOutput(this.#run);
  }

  async #finish(): Promise<void> {
    await this.#run.toEnd();
    this.#differences.push(...differencesBetween(this.#calm, await resultsIn(this.#run.folder)));
    await this.kill();
    this.#run = this.#ground.run(this.#name);
  }
}
