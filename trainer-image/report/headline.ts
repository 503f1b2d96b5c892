/**
 * The number that a run is judged by: mean average precision where videos have several classes, top-1 accuracy where they
 * have one. In: anything that was measured. Out: the number and its name; tiles, tables, charts and progress show it. Pure.
 */

export interface Headline {
  readonly name: 'top-1' | 'mAP';
  /** 0 to 1. */
  readonly value: number;
}

export function headlineOf({ top1, mAP }: { readonly top1: number; readonly mAP?: number }): Headline {
  return mAP === undefined ? { name: 'top-1', value: top1 } : { name: 'mAP', value: mAP };
}

/** Which of the two a run's evaluations give. */
export function headlineName(
  events: readonly { readonly kind: string; readonly mAP?: number }[],
): Headline['name'] {
  return events.some(({ kind, mAP }) => kind === 'evaluation' && mAP !== undefined) ? 'mAP' : 'top-1';
}
