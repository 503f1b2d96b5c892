/**
 * A trainer that follows the real protocol and trains nothing: for tests of the operator, as a real process. It goes
 * through the plan five milliseconds an iteration, claims a checkpoint every ten iterations and at its end, and does what
 * TRAINER_SCRIPT says: a list with one act for each attempt, the last one for all further attempts. Every iteration is
 * a line of trace.jsonl in the run folder.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress, TrainerFailure, TrainerState } from '../../../multigrid/progress.ts';
import { FileJobLink } from '../../../trainer-image/link/file-job-link.ts';
import { nodeEffects } from '../../../job-store/node-effects.ts';
import { summarizeProgress } from '../../../multigrid/progress-summary.ts';
import { makeProgress } from './jobs.ts';
import { parseActs, type Act, type TraceLine } from './script.ts';

const STEP_MS = 5;
const CHECKPOINT_EVERY = 10;
const folder = process.env['MULTIGRID_OUTPUT'] ?? '';
const script = parseActs(process.env['TRAINER_SCRIPT'] ?? '[]');
const graceMs = Number(process.env['TRAINER_GRACE_MS'] ?? '5000');

const attemptsFile = join(folder, 'attempts');
const attempt = existsSync(attemptsFile) ? Number(readFileSync(attemptsFile, 'utf8')) : 0;
writeFileSync(attemptsFile, String(attempt + 1));
const act: Act = script[Math.min(attempt, script.length - 1)] ?? {};

const stop = new AbortController();
process.on('SIGTERM', () => {
  if (act.then !== 'ignore-sigterm') {
    stop.abort();
  }
});
process.once('disconnect', () => {
  process.kill(process.pid, 'SIGKILL');
});

const link = await FileJobLink.open({ folder, effects: nodeEffects, onError: () => undefined });
const plan = await link.plan();
const total = plan.totals.iterations;
const before = (await lastProgress())?.lastCheckpoint?.iteration ?? 0;

let iteration = before;
let generation = 0;
let unattended = false;
let made = 0;
let checkpoint = before;

await say('Preparing');
await train();
await say('Testing');
await say('Finished');
await leave(0);

async function train(): Promise<void> {
  let openUntil = 0;
  while (iteration < total) {
    const directive = link.directive();
    if (directive !== null && directive.generation > generation) {
      // Also one for iterations already made is acknowledged: the operator answers it with the next one.
      openUntil = Math.max(openUntil, directive.lastIteration);
      generation = directive.generation;
      unattended = false;
    }
    if (iteration >= openUntil) {
      await say('Waiting');
      await waitForDirective();
      if (stop.signal.aborted) {
        await leaveWithCheckpoint();
      }
      openUntil = Math.max(openUntil, unattended ? iteration + 1 : 0);
      continue;
    }
    await sleep(STEP_MS);
    trace();
    iteration += 1;
    made += 1;
    if (iteration % CHECKPOINT_EVERY === 0) {
      checkpoint = iteration;
    }
    await say('Training');
    if (made === act.after) {
      await perform();
    }
    if (stop.signal.aborted) {
      await leaveWithCheckpoint();
    }
  }
}

async function waitForDirective(): Promise<void> {
  try {
    unattended = (await link.nextDirective(generation, graceMs, stop.signal)) === null;
  } catch (error) {
    if (!stop.signal.aborted) {
      throw error;
    }
  }
}

async function leaveWithCheckpoint(): Promise<never> {
  checkpoint = iteration;
  await say('Stopped');
  return leave(143);
}

async function perform(): Promise<void> {
  if (act.says !== undefined) {
    process.stderr.write(`${act.says}\n`);
  }
  if (act.then === 'pause') {
    while (!existsSync(join(folder, 'continue')) && !stop.signal.aborted) {
      await sleep(STEP_MS);
    }
    return;
  }
  if (act.then === 'sigkill') {
    process.kill(process.pid, 'SIGKILL');
  }
  if (act.then === 'hang' || act.then === 'ignore-sigterm') {
    await sleep(600_000);
  }
  if (act.failure !== undefined) {
    await say('Failed', act.failure);
  }
  await leave(act.code ?? 1);
}

async function say(state: TrainerState, failure: TrainerFailure | null = null): Promise<void> {
  // At a border the phase just finished is reported until its successor has made a step.
  const at = Math.max(0, iteration - 1);
  const progress = makeProgress({
    generation,
    state,
    phase: phaseAt(at),
    iteration,
    epoch: iteration / 10,
    percent: (100 * iteration) / total,
    heartbeat: new Date().toISOString(),
    lastCheckpoint: { path: `checkpoints/${checkpoint}`, iteration: checkpoint, epoch: 0 },
    unattended,
    failure,
  });
  await link.report({ ...progress, summary: summarizeProgress(plan, progress) });
}

function phaseAt(at: number): number {
  let end = 0;
  for (const phase of plan.phases) {
    end += (phase.endEpoch - phase.startEpoch) * phase.iterationsPerEpoch;
    if (at < end) {
      return phase.index;
    }
  }
  return plan.phases.length - 1;
}

function trace(): void {
  const line: TraceLine = { attempt, iteration, phase: phaseAt(iteration), generation, unattended };
  appendFileSync(join(folder, 'trace.jsonl'), `${JSON.stringify(line)}\n`);
}

async function lastProgress(): Promise<Progress | undefined> {
  return (await link.job()).status?.progress;
}

async function leave(code: number): Promise<never> {
  await link.close();
  process.exit(code);
}
