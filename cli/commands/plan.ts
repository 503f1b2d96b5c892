/**
 * `multigrid plan -f job.yaml`: what the manifest means, epoch by epoch, before anything is started. A table and a small
 * picture for people, `-o json` for programs (docs/plan-format.md). Exit code 2 when the plan must not be run.
 */
import { dirname, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FilledSpec } from '../../multigrid/api/filled-spec.ts';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import { learningRateAt } from '../../multigrid/plan/learning-rate.ts';
import { planTraining } from '../../multigrid/plan/plan.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import { ranksOf } from '../../multigrid/sharing/ranks.ts';
import { type PlanScaling, scalingOf } from '../../multigrid/sharing/scaling.ts';
import { VideoListError } from '../../trainer-image/data/video-list.ts';
import type { CommandIo } from '../io.ts';
import { type ManifestFile, readManifestFile } from '../manifest/manifest-file.ts';
import { reportOwnNetwork } from '../manifest/own-network.ts';
import { ClipCountError, countClips } from '../plan/clip-count.ts';
import { linkBytesPerSecond } from '../plan/link-speed.ts';
import { networkSize } from '../plan/network-size.ts';
import { MAX_WORKERS } from './worker-options.ts';
import { planText, problemText } from '../plan/plan-text.ts';
import { sha256Hex } from '../../storage/sha256.ts';

const EXIT_PROBLEMS = 2;
const SHARING_HELP = `
With --workers, --link or --clips-per-second the plan is shared out among workers (default: spec.workers.replicas).
The prediction assumes that workers are equally fast, that time follows frame-pixels, that gradients (4 bytes for
every parameter) are summed around a ring, 2 (N - 1) / N of them over every link, once all are there, and that an
exchange of batch statistics, in phases in which groups span workers, takes 0.1 ms. See docs/plan-format.md.`;

interface PlanFlags {
  readonly filename: string;
  readonly output: 'table' | 'json';
  readonly clips?: number;
  readonly lrAt: readonly number[];
  readonly workers?: readonly number[];
  readonly link?: number;
  readonly clipsPerSecond?: number;
}

/** Adds `plan` to the program. */
export function addPlanCommand(program: Command, io: CommandIo): void {
  program
    .command('plan')
    .description('show the schedule of a manifest, and what it saves')
    .requiredOption('-f, --filename <file>', 'manifest of a MultigridTrainingJob')
    .addOption(
      new Option('-o, --output <form>', 'form of the output').choices(['table', 'json']).default('table'),
    )
    .option('--clips <n>', 'number of training clips, if the train list is not available', parseCount)
    .option('--lr-at <epochs>', 'also the learning rate at these epochs, as in 12.5,40', parseEpochs, [])
    .option(
      '--workers <n>',
      "also each worker's share; of several numbers, as in 1,8,128, a line each",
      parseWorkers,
    )
    .option('--link <speed>', 'link between workers, as in 25Gbit: also the time on it', parseLink)
    .option(
      '--clips-per-second <n>',
      'clips of the full shape that a worker trains a second: also efficiency',
      parseSpeed,
    )
    .addHelpText('after', SHARING_HELP)
    .action(async (flags: PlanFlags) => {
      const manifest = await readManifestFile(flags.filename, io);
      if (manifest !== null) {
        await showPlan(manifest, flags, io);
      }
    });
}

async function showPlan({ job, spec }: ManifestFile, flags: PlanFlags, io: CommandIo): Promise<void> {
  const clips = await countOrExplain({ job, spec }, flags, io);
  if (clips === null) {
    return;
  }
  const workers = flags.workers ?? [ranksOf(spec.workers)];
  const forMost = {
    ...spec,
    workers: { ...spec.workers, replicas: Math.max(...workers), processesPerWorker: 1 },
  };
  const plan = planTraining(forMost, clips, sha256Hex);
  if (flags.lrAt.some((epoch) => epoch > plan.epochs)) {
    io.stderr(`--lr-at: the schedule has ${plan.epochs} epochs\n`);
    io.setExitCode(EXIT.usage);
    return;
  }
  const learningRates = flags.lrAt.map(
    (epoch) => [epoch, learningRateAt(plan.learningRateSchedule, epoch)] as const,
  );
  const sharings =
    isSharingAsked(flags) && plan.problems.length === 0 ? shareOut({ spec, plan, workers }, flags) : [];
  if (flags.output === 'json') {
    io.stdout(planJson(plan, { learningRates, sharing: sharings }));
  } else {
    const { columns } = io;
    const settings = { name: job.metadata.name, model: spec.model.name, clips };
    io.stdout(planText(plan, { ...settings, columns, learningRates, sharings }));
    io.stderr(problemText(plan.problems));
  }
  const isTrainable = reportOwnNetwork(spec, plan, flags.filename, io);
  io.setExitCode(plan.problems.length > 0 || !isTrainable ? EXIT_PROBLEMS : 0);
}

function isSharingAsked({ workers, link, clipsPerSecond }: PlanFlags): boolean {
  return workers !== undefined || link !== undefined || clipsPerSecond !== undefined;
}

function shareOut(
  {
    spec,
    plan,
    workers,
  }: { readonly spec: FilledSpec; readonly plan: Plan; readonly workers: readonly number[] },
  { filename, link, clipsPerSecond }: PlanFlags,
): readonly PlanScaling[] {
  const { recipe } = spec;
  const network = networkSize(spec, dirname(resolve(filename)));
  const machines = { linkBytesPerSecond: link ?? null, clipsPerSecond: clipsPerSecond ?? null };
  return workers.map((number) => {
    const set = { workers: number, acrossWorkers: recipe.batchNorm.acrossWorkers };
    return scalingOf({ plan, full: recipe, set, network, machines });
  });
}

async function countOrExplain(
  { spec }: ManifestFile,
  flags: PlanFlags,
  io: CommandIo,
): Promise<number | null> {
  try {
    return await countClips(spec, flags.filename, flags.clips, io);
  } catch (error) {
    if (error instanceof ClipCountError || error instanceof VideoListError) {
      io.stderr(`${error.message}\n`);
      io.setExitCode(EXIT.data);
      return null;
    }
    throw error;
  }
}

/** The plan, and after it whatever else was asked for. */
function planJson(plan: Plan, extras: Readonly<Record<string, readonly unknown[]>>): string {
  const asked = Object.fromEntries(Object.entries(extras).filter(([, values]) => values.length > 0));
  return `${JSON.stringify({ ...plan, ...asked }, null, 2)}\n`;
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw new InvalidArgumentError('It must be a whole number of at least 1.');
  }
  return Number(text);
}

function parseEpochs(text: string): readonly number[] {
  const epochs = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (epochs.some((epoch) => !(epoch >= 0 && Number.isFinite(epoch)))) {
    throw new InvalidArgumentError('It must be epochs of at least 0, separated by commas.');
  }
  return epochs;
}

function parseWorkers(text: string): readonly number[] {
  const numbers = text.split(',').map((part) => (/^ *[1-9]\d{0,3} *$/.test(part) ? Number(part) : NaN));
  if (numbers.some((workers) => !(workers <= MAX_WORKERS))) {
    throw new InvalidArgumentError(`It must be whole numbers of 1 to ${MAX_WORKERS}, separated by commas.`);
  }
  return numbers;
}

function parseLink(text: string): number {
  const bytesPerSecond = linkBytesPerSecond(text);
  if (bytesPerSecond === null) {
    throw new InvalidArgumentError('It must be a speed above 0, as in 25Gbit or 800Mbit/s.');
  }
  return bytesPerSecond;
}

function parseSpeed(text: string): number {
  const speed = text.trim() === '' ? NaN : Number(text);
  if (!(speed > 0 && Number.isFinite(speed))) {
    throw new InvalidArgumentError('It must be a number above 0.');
  }
  return speed;
}
