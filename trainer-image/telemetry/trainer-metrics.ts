/**
 * The trainer's numbers for Prometheus. In come the events that also go into metrics.jsonl, so both say the same; out
 * come the series of a registry of our own. Counters count what this process did: a restarted trainer begins at 0, as
 * Prometheus expects. Labels are the job, what was evaluated, and the ranks of at most 16 workers, so the number of series is
 * bounded.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { EvaluationEvent, PhaseEvent, RunEvent, StepEvent } from '../run-folder/events.ts';
import { type Series, seriesOf } from '../../telemetry/series.ts';

export interface TrainerMetrics {
  readonly registry: Registry;
  /** Takes one event of the run. */
  readonly observe: (event: RunEvent) => void;
}

/** Goes on every series. Not `namespace` and `job`, which a scraper says of its own target. */
export interface TrainerLabels {
  readonly job_namespace: string;
  readonly job_name: string;
}

/** From a step of a small network to one of hundreds of clips on a processor, seconds. */
const STEP_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const WAIT_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const LONG_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

export function createTrainerMetrics(labels: TrainerLabels): TrainerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registry.setDefaultLabels(labels);
  const series = seriesOf(registry, 'multigrid_trainer_');
  const step = stepObserver(series);
  const evaluation = evaluationObserver(series);
  const phase = phaseObserver(series);
  const checkpoints = series.histogram(
    'checkpoint_seconds',
    'Duration of writing checkpoints.',
    LONG_BUCKETS,
  );
  const badClips = series.counter('bad_clips_total', 'Clips that could not be read and were replaced.');
  const skippedSteps = series.counter(
    'skipped_steps_total',
    'Steps of mixed precision whose gradients overflowed and that changed nothing but the loss scale.',
  );
  const reductions = series.counter(
    'micro_batch_reductions_total',
    'Times a step did not fit into memory and got smaller micro-batches.',
  );
  return {
    registry,
    observe: (event) => {
      switch (event.kind) {
        case 'step':
          step(event);
          return;
        case 'evaluation':
          evaluation(event);
          return;
        case 'phase':
          phase(event);
          return;
        case 'checkpoint':
          checkpoints.observe((event.writeMs ?? 0) / 1000);
          return;
        case 'badClip':
          badClips.inc();
          return;
        case 'skippedStep':
          skippedSteps.inc();
          return;
        case 'microBatch':
          reductions.inc();
          return;
      }
    },
  };
}

function stepObserver({ counter, gauge, histogram }: Series): (event: StepEvent) => void {
  const iterations = counter('iterations_total', 'Training steps done.');
  const clips = counter('clips_total', 'Clips trained on, over all workers.');
  const phase = gauge('phase', 'Index of the phase of the plan, from 0.');
  const epoch = gauge('epoch', 'Epochs done, with fraction.');
  const iteration = gauge('iteration', 'Steps done since the start of training, over all restarts.');
  const frames = gauge('frames', 'Frames of a clip.');
  const cropSize = gauge('crop_size_pixels', 'Side of the crop.');
  const batch = gauge('batch_size', 'Clips of a step, over all workers.');
  const microBatch = gauge('micro_batch_size', 'Clips of one run of the step graph.');
  const learningRate = gauge('learning_rate', 'Learning rate of the last step.');
  const loss = gauge('loss', 'Training loss of the last step.');
  const top1 = gauge('step_top1_ratio', 'Share of the clips of the last step that were guessed right.');
  const steps = histogram('step_seconds', 'Duration of steps, waits for clips included.', STEP_BUCKETS);
  const waits = histogram('data_wait_seconds', 'Time that steps waited for clips.', WAIT_BUCKETS);
  const workers = workersObserver({ counter, gauge });
  return (event) => {
    iterations.inc();
    clips.inc(event.clips);
    phase.set(event.phase);
    epoch.set(event.epoch);
    iteration.set(event.iteration + 1);
    frames.set(event.frames);
    cropSize.set(event.cropSize);
    batch.set(event.clips);
    microBatch.set(event.clipsPerRun ?? event.clips);
    learningRate.set(event.learningRate);
    loss.set(event.loss);
    top1.set(event.top1);
    steps.observe(event.stepMs / 1000);
    waits.observe(event.dataWaitMs / 1000);
    workers(event);
  };
}

/** One worker is the only one, waits for nobody, and has no rank. */
function workersObserver({ counter, gauge }: Pick<Series, 'counter' | 'gauge'>): (event: StepEvent) => void {
  const count = gauge('workers', 'Workers of the last step.');
  const slowest = gauge('slowest_rank', 'Rank of the worker that the others waited for in the last step.');
  const dataWaits = counter(
    'rank_data_wait_seconds_total',
    'Time that a worker waited for clips; up to 16 workers.',
    'rank',
  );
  const waits = counter(
    'rank_wait_seconds_total',
    'Time that a worker waited for the others; up to 16 workers.',
    'rank',
  );
  return ({ workers }) => {
    count.set(workers?.count ?? 1);
    slowest.set(workers?.slowest ?? 0);
    workers?.dataWaitMs?.forEach((ms, rank) => {
      dataWaits.inc({ rank }, ms / 1000);
    });
    workers?.waitMs?.forEach((ms, rank) => {
      waits.inc({ rank }, ms / 1000);
    });
  };
}

function evaluationObserver({ gauge, histogram }: Series): (event: EvaluationEvent) => void {
  const top1 = gauge('top1_ratio', 'Share of videos guessed right in the newest evaluation.', 'at');
  const precision = gauge('map_ratio', 'Mean average precision of the newest evaluation.', 'at');
  const seconds = histogram('evaluation_seconds', 'Duration of evaluations.', LONG_BUCKETS);
  return (event) => {
    const { at, mAP } = event;
    top1.set({ at }, event.top1);
    if (mAP !== undefined) {
      precision.set({ at }, mAP);
    }
    seconds.observe(event.evaluationSeconds);
  };
}

function phaseObserver({ histogram }: Series): (event: PhaseEvent) => void {
  const transitions = histogram(
    'phase_transition_seconds',
    'Time from the last step of a phase to the first of the next, evaluation and checkpoint included.',
    LONG_BUCKETS,
  );
  const waits = histogram(
    'directive_wait_seconds',
    'Part of a phase transition in which the trainer waited for the directive of the operator.',
    WAIT_BUCKETS,
  );
  return ({ phase, transitionMs, directiveWaitMs }) => {
    if (phase > 0) {
      transitions.observe(transitionMs / 1000);
      waits.observe((directiveWaitMs ?? 0) / 1000);
    }
  };
}
