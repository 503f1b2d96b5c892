/**
 * The schedule in one line of blocks: time to the right, the higher the block the larger the clips, so the saw teeth of
 * the method show at a glance, and where the training stands in them. Pure.
 */
import type { Phase, Plan } from '../../multigrid/plan/types.ts';

const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const FULL = LEVELS[LEVELS.length - 1] ?? '█';

export interface ScheduleStrip {
  /** Blocks of the epochs that are done, and those of the rest. */
  readonly done: string;
  readonly ahead: string;
}

/** @param width - blocks in all; fewer when the plan has fewer epochs. */
export function scheduleStrip({ phases, epochs }: Plan, epochsDone: number, width: number): ScheduleStrip {
  const columns = Math.max(1, Math.min(width, epochs));
  const largest = Math.max(...phases.map(sizeOf));
  const blocks = Array.from({ length: columns }, (_, column) => {
    const epoch = ((column + 0.5) / columns) * epochs;
    const phase = phases.find(({ startEpoch, endEpoch }) => startEpoch <= epoch && epoch < endEpoch);
    return phase === undefined ? FULL : blockOf(sizeOf(phase) / largest);
  });
  const done = Math.floor((epochsDone / epochs) * columns);
  return { done: blocks.slice(0, done).join(''), ahead: blocks.slice(done).join('') };
}

/** Frame-pixels of one clip. */
function sizeOf({ frames, cropSize }: Phase): number {
  return frames * cropSize ** 2;
}

function blockOf(share: number): string {
  return LEVELS[Math.min(LEVELS.length - 1, Math.ceil(share * LEVELS.length) - 1)] ?? FULL;
}
