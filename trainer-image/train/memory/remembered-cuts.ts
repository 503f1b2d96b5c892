/**
 * Cuts of steps that did not fit, remembered over a restart. In: the run's folder and the circumstances of this trainer.
 * Out: the cuts of an earlier trainer, when it had as much memory as this one or more, and a place to note down new
 * ones. Of several workers the first writes the file, which the others read. The file is report/cuts-file.ts's.
 */
import { type CutCircumstances, readCuts, type RecordedCut, writeCuts } from '../../run-folder/cuts-file.ts';
import { knownPartition, type Partition, type Reduction, type StepShapeRequest } from './partition.ts';

export interface RememberedCut {
  readonly shape: StepShapeRequest;
  readonly partition: Partition;
}

export interface CutsAccess {
  /** Of the cuts file. */
  readonly path: string;
  /** False: a new training, which owes nothing to what lies in the folder. */
  readonly isResumed: boolean;
  /** False: a worker that only reads what another one writes, and finds what concerns it alone anew after a restart. */
  readonly isWriter: boolean;
}

export class RememberedCuts {
  readonly #access: CutsAccess;
  readonly #circumstances: CutCircumstances;
  readonly #cuts = new Map<string, RecordedCut>();

  private constructor(access: CutsAccess, circumstances: CutCircumstances, cuts: readonly RecordedCut[]) {
    this.#access = access;
    this.#circumstances = circumstances;
    for (const cut of cuts) {
      this.#cuts.set(keyOf(cut), cut);
    }
  }

  static async open(access: CutsAccess, circumstances: CutCircumstances): Promise<RememberedCuts> {
    const record = access.isResumed ? await readCuts(access.path) : null;
    const isOfUse = record !== null && holdsUnder(record.circumstances, circumstances);
    return new RememberedCuts(access, circumstances, isOfUse ? record.cuts : []);
  }

  /** What was found before this trainer began. */
  known(): readonly RememberedCut[] {
    return [...this.#cuts.values()].flatMap((cut) => {
      const partition = knownPartition(cut, cut, this.#circumstances);
      const { clips, groups, frames, cropSize } = cut;
      return partition === null ? [] : [{ shape: { clips, groups, frames, cropSize }, partition }];
    });
  }

  /**
   * Notes a cut down, on the disk when the promise of the one who writes ends: the step that is then tried again may end
   * the process.
   *
   * @throws the file system's error.
   */
  async note({ shape, to }: Reduction): Promise<void> {
    const { clips, groups, frames, cropSize } = shape;
    const { clipsPerRun, lanes } = to.layout;
    this.#cuts.set(keyOf(shape), {
      ...{ clips, groups, frames, cropSize, clipsPerRun, lanes },
      recomputes: to.recomputes,
    });
    if (this.#access.isWriter) {
      const circumstances = this.#circumstances;
      await writeCuts(this.#access.path, { circumstances, cuts: [...this.#cuts.values()] });
    }
  }
}

/** Less memory than then needs at least the same cuts; with more, or on other cores, they are to be found anew. */
function holdsUnder(then: CutCircumstances, now: CutCircumstances): boolean {
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

function keyOf({ clips, groups, frames, cropSize }: StepShapeRequest): string {
  return `${clips}/${groups}/${frames}x${cropSize}`;
}
