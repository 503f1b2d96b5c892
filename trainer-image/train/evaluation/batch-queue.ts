/**
 * The batches of an evaluation, shared by its lanes. In: a stream of batches. Out: batches to score, in order; one that a lane
 * could not finish is handed out again, from the clip where it stopped. Scores go into the sheet in the order of the stream,
 * whichever lane was faster, so that sums of floating-point numbers come out the same every time.
 */
import type { ClipBatch } from '../../data/clip-request.ts';
import { InOrder } from './in-order.ts';
import type { ScoreSheet } from './scores.ts';

export interface QueuedBatch {
  readonly number: number;
  readonly batch: ClipBatch;
  /** float32 `[clips, K]`. */
  readonly logits: Float32Array;
  /** Clips whose logits are there. */
  scored: number;
}

export class BatchQueue {
  readonly #batches: AsyncGenerator<ClipBatch>;
  readonly #sheet: ScoreSheet;
  readonly #classes: number;
  readonly #unfinished: QueuedBatch[] = [];
  readonly #finished = new InOrder<QueuedBatch>((batch) => {
    this.#add(batch);
  });
  #taken = 0;

  constructor(batches: AsyncGenerator<ClipBatch>, sheet: ScoreSheet, classes: number) {
    this.#batches = batches;
    this.#sheet = sheet;
    this.#classes = classes;
  }

  /** The next batch to work on; null when there is none. @throws what the stream throws. */
  async take(): Promise<QueuedBatch | null> {
    const again = this.#unfinished.shift();
    if (again !== undefined) {
      return again;
    }
    const number = this.#taken;
    this.#taken += 1;
    const next = await this.#batches.next();
    if (next.done === true) {
      return null;
    }
    const { clips } = next.value;
    return { number, batch: next.value, logits: new Float32Array(clips * this.#classes), scored: 0 };
  }

  giveBack(batch: QueuedBatch): void {
    this.#unfinished.push(batch);
  }

  finish(batch: QueuedBatch): void {
    batch.batch.release();
    this.#finished.put(batch.number, batch);
  }

  /** Ends the stream. */
  async close(): Promise<void> {
    await this.#batches.return(undefined);
  }

  #add({ batch: { samples, labels, clips }, logits }: QueuedBatch): void {
    for (let clip = 0; clip < clips; clip += 1) {
      const sample = samples[clip];
      if (sample !== null && sample !== undefined) {
        const row = logits.subarray(clip * this.#classes, (clip + 1) * this.#classes);
        this.#sheet.add(sample, labels[clip]!, row);
      }
    }
  }
}
