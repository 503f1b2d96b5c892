/**
 * A trainer without training: the real link to a real API server, and a course of hours to report on, step by step. In come
 * a link and a course, out come reports, and how long it stood at phase borders.
 */
import type { ClusterJobLink } from '../../../trainer-image/link/cluster/cluster-job-link.ts';
import type { TrainerCourse } from './trainer-course.ts';

export interface SimulationOptions {
  /** Of training that lie behind it. */
  readonly startSeconds: number;
  /** Milliseconds since any moment. */
  readonly monotonicNow: () => number;
  /** Resolves after `ms`; rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told of the milliseconds from saying that a phase is done to having the next directive. */
  readonly onBorder: (ms: number) => void;
  readonly signal: AbortSignal;
}

const STEP_MS = 1000;
const GRACE_MS = 10_000;

/** Trains until the signal aborts. */
export async function simulateTrainer(
  link: ClusterJobLink,
  course: TrainerCourse,
  { startSeconds, monotonicNow, sleep, onBorder, signal }: SimulationOptions,
): Promise<void> {
  const startedMs = monotonicNow();
  const secondsNow = (): number => startSeconds + (monotonicNow() - startedMs) / 1000;
  const say = (state: 'Training' | 'Waiting', phase: number): Promise<void> => {
    const generation = link.directive()?.generation ?? 0;
    return link.report(course.progressAt(secondsNow(), { state, phase, generation, now: new Date() }));
  };
  let phase = course.phaseAt(startSeconds);
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    if (course.phaseAt(secondsNow()) > phase) {
      const generation = link.directive()?.generation ?? 0;
      const askedMs = monotonicNow();
      await say('Waiting', phase);
      const next = await link.nextDirective(generation, GRACE_MS, signal);
      onBorder(next === null ? Number.POSITIVE_INFINITY : monotonicNow() - askedMs);
      phase += 1;
    }
    await say('Training', phase);
    await sleep(STEP_MS, signal);
  }
}
