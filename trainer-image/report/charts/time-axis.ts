/**
 * The wall-clock axis that the loss and accuracy charts share, with the phase borders drawn on it. Events and the plan
 * come in, numbers in units of the axis and two ready layers go out.
 */
import type { Phase } from '../../../multigrid/plan/types.ts';
import type { RunEvent } from '../../run-folder/events.ts';

export interface TimeUnit {
  readonly name: 'seconds' | 'minutes' | 'hours';
  /** Seconds in one unit. */
  readonly seconds: number;
}

/** The unit in which a span reads best. */
export function timeUnitFor(spanSeconds: number): TimeUnit {
  if (spanSeconds < 300) {
    return { name: 'seconds', seconds: 1 };
  }
  return spanSeconds < 3 * 3600 ? { name: 'minutes', seconds: 60 } : { name: 'hours', seconds: 3600 };
}

/** The axis of one run: its unit and its length in that unit. The final test comes after training and is left out. */
export interface TimeAxis {
  readonly unit: TimeUnit;
  readonly end: number;
}

export function timeAxisOf(events: readonly RunEvent[]): TimeAxis {
  const training = events.filter((event) => event.kind !== 'evaluation' || event.at !== 'test');
  const seconds = training.reduce((latest, event) => Math.max(latest, event.seconds), 1);
  const unit = timeUnitFor(seconds);
  return { unit, end: seconds / unit.seconds };
}

/** One phase on the axis, in units of the axis. */
export interface PhaseSpan {
  readonly phase: number;
  readonly start: number;
  readonly end: number;
  /** Frames and crop, e.g. `4×45²`; empty where the span is too narrow for it. */
  readonly label: string;
}

/** Pixels one character of a label takes. */
const CHARACTER_WIDTH = 6.4;

/**
 * Where the phases that have begun lie on the axis: from the phase event (or the step before) to the last step.
 * A label wider than its phase is left out.
 */
export function phaseSpans(
  phases: readonly Phase[],
  events: readonly RunEvent[],
  axis: TimeAxis,
  plotWidth: number,
): readonly PhaseSpan[] {
  const ends = new Map<number, number>();
  for (const event of events) {
    if (event.kind === 'step') {
      ends.set(event.phase, event.seconds / axis.unit.seconds);
    }
  }
  let start = 0;
  return phases.flatMap((phase) => {
    const end = ends.get(phase.index);
    if (end === undefined) {
      return [];
    }
    const text = shapeLabel(phase);
    const room = ((end - start) / axis.end) * plotWidth;
    const span = { phase: phase.index, start, end, label: text.length * CHARACTER_WIDTH < room ? text : '' };
    start = end;
    return [span];
  });
}

/** `4×45²`: frames times the square of the crop. */
export function shapeLabel(shape: { readonly frames: number; readonly cropSize: number }): string {
  return `${shape.frames}×${shape.cropSize}²`;
}
