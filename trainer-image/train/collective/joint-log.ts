/**
 * The log of metrics of several workers: the first writes what it sees itself, which is what all see, and the bad clips of the
 * others. In: events of this worker. Out: a log on every worker; `flush` is for all of them together. Bad clips of others come into
 * the file with the next flush, each with its own time and iteration.
 */
import type { BadClipEvent, RunEvent } from '../../run-folder/events.ts';
import { parseRunEvent } from '../../run-folder/event-shape.ts';
import type { MetricsLog } from '../../run-folder/metrics-log.ts';
import { textsOfAll } from './texts-of-all.ts';

/** Told by each worker in one go: every worker hears all of them. */
const LINES_AT_ONCE = 100;

type Telling = Parameters<typeof textsOfAll>[0];

export type EventLog = Pick<MetricsLog, 'append' | 'flush'>;

export class JointLog implements EventLog {
  readonly #collective: Telling;
  /** Null on all workers but the first. */
  readonly #own: EventLog | null;
  readonly #untold: BadClipEvent[] = [];

  constructor(collective: Telling, own: EventLog | null) {
    this.#collective = collective;
    this.#own = own;
  }

  append(event: RunEvent): void {
    if (this.#own !== null) {
      this.#own.append(event);
    } else if (event.kind === 'badClip') {
      this.#untold.push(event);
    }
  }

  async flush(): Promise<void> {
    for (let isMore = true; isMore;) {
      const told = this.#untold.splice(0, LINES_AT_ONCE).map((event) => JSON.stringify(event));
      const texts = await textsOfAll(this.#collective, told.join('\n'));
      const lines = texts.map((text) => text.split('\n').filter((line) => line !== ''));
      for (const line of lines.slice(1).flat()) {
        this.#own?.append(parseRunEvent(line));
      }
      isMore = lines.some(({ length }) => length === LINES_AT_ONCE);
    }
    await this.#own?.flush();
  }
}
