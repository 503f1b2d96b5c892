/**
 * `multigrid plan -f job.yaml`: what the manifest means, epoch by epoch, before anything is started. A table and a small
 * picture for people, `-o json` for programs (docs/plan-format.md). Exit code 2 when the plan must not be run.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT } from '../../multigrid/contract/exit-codes.ts';
import { learningRateAt } from '../../multigrid/plan/learning-rate.ts';
import { planTraining } from '../../multigrid/plan/plan.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import { VideoListError } from '../../trainer-image/data/video-list.ts';
import type { CommandIo } from '../io.ts';
import { type ManifestFile, readManifestFile } from '../manifest/manifest-file.ts';
import { reportOwnNetwork } from '../manifest/own-network.ts';
import { ClipCountError, countClips } from '../plan/clip-count.ts';
import { planText, problemText } from '../plan/plan-text.ts';
import { sha256Hex } from '../../storage/sha256.ts';

const EXIT_PROBLEMS = 2;

interface PlanFlags {
  readonly filename: string;
  readonly output: 'table' | 'json';
  readonly clips?: number;
  readonly lrAt: readonly number[];
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
  const plan = planTraining(spec, clips, sha256Hex);
  if (flags.lrAt.some((epoch) => epoch > plan.epochs)) {
    io.stderr(`--lr-at: the schedule has ${plan.epochs} epochs\n`);
    io.setExitCode(EXIT.usage);
    return;
  }
  const learningRates = flags.lrAt.map(
    (epoch) => [epoch, learningRateAt(plan.learningRateSchedule, epoch)] as const,
  );
  if (flags.output === 'json') {
    io.stdout(planJson(plan, learningRates));
  } else {
    const { columns } = io;
    const settings = {
      name: job.metadata.name,
      model: spec.model.name,
      clips,
      workers: spec.workers.replicas,
    };
    io.stdout(planText(plan, { ...settings, columns, learningRates }));
    io.stderr(problemText(plan.problems));
  }
  const isTrainable = reportOwnNetwork(spec, plan, flags.filename, io);
  io.setExitCode(plan.problems.length > 0 || !isTrainable ? EXIT_PROBLEMS : 0);
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

function planJson(plan: Plan, learningRates: readonly (readonly [number, number])[]): string {
  const asked = learningRates.length > 0 ? { learningRates } : {};
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
