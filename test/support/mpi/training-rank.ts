/**
 * One worker of a real training: it opens, trains and tests as the trainer does, from what the test has prepared, in a folder of
 * its own. In: a `TrainingRequest` as a file, an output folder, and the iteration after which the last rank is asked to stop. Out: a line with what it measured, and files
 * with its last parameters and running statistics.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, env, stdout } from 'node:process';
import type { FilledSpec } from '../../../multigrid/api/filled-spec.ts';
import { identityOf } from '../../../multigrid/object/job-identity.ts';
import type { JobLink } from '../../../trainer-image/link/job-link.ts';
import { closingAll } from '../../../trainer-image/closing.ts';
import { JointStop } from '../../../trainer-image/train/collective/joint-stop.ts';
import { workerOf } from '../../../trainer-image/train/collective/step-share.ts';
import { openCollective } from '../../../trainer-image/train/collective/open-collective.ts';
import { train } from '../../../trainer-image/train/loop.ts';
import { openTraining } from '../../../trainer-image/train/open-training.ts';
import { openNetwork } from '../../../trainer-image/train/preparing/open-network.ts';
import { readLists } from '../../../trainer-image/train/preparing/read-lists.ts';
import { settingsOf } from '../../../trainer-image/train/preparing/settings-of-job.ts';
import { ProgressReporter } from '../../../trainer-image/train/progress/progress-reporter.ts';
import type { RunEvent } from '../../../trainer-image/run-folder/events.ts';
import { type LoneJob, makeLoneSurroundings } from '../run/lone-surroundings.ts';

/** Checked by the test: the rules of manifests take a second to load. */
export interface TrainingRequest extends Omit<LoneJob, 'outputDir'> {
  readonly spec: FilledSpec;
}

const [, , requestPath = '', output = '', stopAfter = ''] = argv;
const request = JSON.parse(await readFile(requestPath, 'utf8')) as TrainingRequest;
const collective = await openCollective(env);
const { rank, size } = collective;
const outputDir = join(output, String(rank));
await mkdir(outputDir, { recursive: true });

function writeNumbers(name: string, arrays: readonly Float32Array[]): Promise<void> {
  const bytes = arrays.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  return writeFile(join(outputDir, name), Buffer.concat(bytes));
}

const events: RunEvent[] = [];
const stop = new AbortController();
const { surroundings, reports } = makeLoneSurroundings(
  { ...request, outputDir },
  {
    ...{ collective, cores: 1 },
    onEvent: (event) => {
      events.push(event);
    },
  },
);
const { spec, plan, dataDir, job } = request;
const { link, logger } = surroundings;
const settings = settingsOf(spec, { ...surroundings, name: link.name });
const prepared = {
  ...{ spec, settings, plan, classNames: [], identity: identityOf(job) },
  lists: await readLists(spec, dataDir),
  worker: workerOf(collective, spec.recipe.batchNorm),
  network: openNetwork(settings.network, logger),
};
const report: JobLink['report'] = (progress) => {
  // The last rank alone is asked: all are to stop.
  if (rank === size - 1 && progress.iteration === Number(stopAfter) && progress.iteration > 0) {
    stop.abort(new Error('asked'));
  }
  return link.report(progress);
};
const reporter = new ProgressReporter({ report }, surroundings.wallClock);
reporter.planned(plan);
await closingAll(
  async (opened) => {
    const joint = new JointStop(collective, stop.signal);
    const training = await openTraining(
      { prepared, surroundings, reporter, stop: joint },
      opened,
      stop.signal,
    );
    try {
      await train(training.loop, joint.signal);
      await training.finish.evaluations.test();
    } catch (error) {
      if (error !== joint.signal.reason) {
        throw error;
      }
    }
    const { statistics, parameters } = await training.state.snapshot();
    await training.checkpointing.save();
    await writeNumbers(
      'parameters',
      [...parameters.values()].map(({ data }) => data),
    );
    await writeNumbers(
      'statistics',
      [...statistics.values()].flatMap(({ mean, variance }) => [mean, variance]),
    );
    const { iteration } = training.state;
    stdout.write(`${JSON.stringify({ iteration, events, badClips: reports.at(-1)?.badClips })}\n`);
  },
  (what, error) => {
    throw new Error(`${what} could not be closed`, { cause: error });
  },
);
await collective.close();
