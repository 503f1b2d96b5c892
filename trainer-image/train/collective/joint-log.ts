/**
 * The log of metrics of several workers: the first writes what it sees itself, which is what all see, and the bad clips of the
 * others. In: events of this worker. Out: a log on every worker; `flush` is for all of them together. Bad clips of others come into
 * the file with the next flush, each with its own time and iteration.
 */
import type { BadClipEvent, RunEvent } from '../../run-folder/events.ts';
import { parseRunEvent } from '../../run-folder/event-shape.ts';
import type { MetricsLog } from '../../run-folder/metrics-log.ts';
import type { Collective } from './collective.ts';
import { textsOfAll } from './texts-of-all.ts';

export type EventLog = Pick<MetricsLog, 'append' | 'flush'>;

export class JointLog implements EventLog {
  readonly #collective: Collective;
  /** Null on all workers but the first. */
  readonly #own: EventLog | null;
  #untold: BadClipEvent[] = [];

  constructor(collective: Collective, own: EventLog | null) {
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
    const lines = this.#untold.map((event) => JSON.stringify(event));
    this.#untold = [];
    const [, ...others] = await textsOfAll(this.#collective, lines.join('\n'));
    for (const line of others.flatMap((text) => text.split('\n')).filter((text) => text !== '')) {
      this.#own?.append(parseRunEvent(line));
    }
    await this.#own?.flush();
  }
}
