/**
 * Micro-batches of steps that did not fit, remembered over a restart. In: the run's folder and the circumstances of this trainer.
 * Out: what an earlier trainer found, when it had as much memory as this one or more, and a place to note down more. Of several
 * workers the first writes the file (`run-folder/micro-batches-file.ts`), which the others read.
 */
import type { StepShape } from '../../models/network.ts';
import type { MicroBatchRecord } from '../../run-folder/events.ts';
import {
  type MicroBatchCircumstances,
  type MicroBatchesRecord,
  readMicroBatches,
} from '../../run-folder/micro-batches-file.ts';
import { writeRecord } from '../../run-folder/record-file.ts';
import { keyOf, knownMicroBatches, type MicroBatches, recordOf, type Reduction } from './micro-batches.ts';

export interface MicroBatchesAccess {
  /** Of the file. */
  readonly path: string;
  /** False: a new training, which owes nothing to what lies in the folder. */
  readonly isResumed: boolean;
  /** False: a worker that only reads what another one writes, and finds what concerns it alone anew after a restart. */
  readonly isWriter: boolean;
}

export class RememberedMicroBatches {
  readonly #access: MicroBatchesAccess;
  readonly #circumstances: MicroBatchCircumstances;
  readonly #steps: Map<string, MicroBatchRecord>;

  private constructor(
    access: MicroBatchesAccess,
    circumstances: MicroBatchCircumstances,
    steps: readonly MicroBatchRecord[],
  ) {
    this.#access = access;
    this.#circumstances = circumstances;
    this.#steps = new Map(steps.map((step) => [keyOf(step), step]));
  }

  static async open(
    access: MicroBatchesAccess,
    circumstances: MicroBatchCircumstances,
  ): Promise<RememberedMicroBatches> {
    const record = access.isResumed ? await readMicroBatches(access.path) : null;
    const isOfUse = record !== null && holdsUnder(record.circumstances, circumstances);
    return new RememberedMicroBatches(access, circumstances, isOfUse ? record.steps : []);
  }

  /** What was found before this trainer began. */
  known(): readonly { readonly shape: StepShape; readonly microBatches: MicroBatches }[] {
    return [...this.#steps.values()].flatMap((step) => {
      const microBatches = knownMicroBatches(step, step, this.#circumstances);
      const { clips, groups, frames, cropSize } = step;
      return microBatches === null ? [] : [{ shape: { clips, groups, frames, cropSize }, microBatches }];
    });
  }

  /**
   * Notes down what was found, on the disk when the promise of the one who writes ends: the step that is then tried again may
   * end the process.
   *
   * @throws the file system's error.
   */
  async note({ shape, to }: Pick<Reduction, 'shape' | 'to'>): Promise<void> {
    this.#steps.set(keyOf(shape), recordOf(shape, to));
    if (this.#access.isWriter) {
      const circumstances = this.#circumstances;
      const record: MicroBatchesRecord = { circumstances, steps: [...this.#steps.values()] };
      await writeRecord(this.#access.path, record);
    }
  }
}

/** Less memory than then needs micro-batches at least as small; with more, or on other cores, they are to be found anew. */
function holdsUnder(then: MicroBatchCircumstances, now: MicroBatchCircumstances): boolean {
  return (
    then.cores === now.cores &&
    then.device === now.device &&
    then.microBatch === now.microBatch &&
    then.recompute === now.recompute &&
    then.precision === now.precision &&
    (then.activationBytes === null || now.activationBytes === null
      ? then.activationBytes === now.activationBytes
      : now.activationBytes <= then.activationBytes)
  );
}
