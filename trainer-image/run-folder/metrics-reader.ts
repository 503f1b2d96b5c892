/**
 * Reads metrics.jsonl line by line. A run can be killed in the middle of a write, so a last line that does not parse is
 * dropped in silence; anywhere else it is an error. The report, `multigrid compare` and the log's truncation call this.
 */
import { open } from 'node:fs/promises';
import { EventShapeError, parseRunEvent } from './event-shape.ts';
import type { RunEvent } from './events.ts';

/** A line in the middle of a log that is no event: the file was edited or the disk lost a block. */
export class MetricsLogError extends Error {
  override readonly name = 'MetricsLogError';
}

/** An event with the text it was read from. */
export interface LoggedEvent {
  readonly line: string;
  readonly event: RunEvent;
}

/**
 * Every event of a log, in the order written.
 *
 * @throws MetricsLogError naming the line number when a line other than the last is no event; the file system's error
 *   when the file cannot be read.
 */
export async function* readLoggedEvents(path: string): AsyncGenerator<LoggedEvent> {
  const file = await open(path);
  try {
    yield* parseLines(file.readLines({ encoding: 'utf8' }), path);
  } finally {
    await file.close();
  }
}

async function* parseLines(lines: AsyncIterable<string>, path: string): AsyncGenerator<LoggedEvent> {
  let lineNumber = 0;
  let torn: EventShapeError | null = null;
  for await (const line of lines) {
    if (torn !== null) {
      throw new MetricsLogError(
        `${path}: line ${lineNumber} is not a run event: ${torn.message}. ` +
          'Remove that line, or start the run again in a new folder.',
        { cause: torn },
      );
    }
    lineNumber += 1;
    try {
      yield { line, event: parseRunEvent(line) };
    } catch (error) {
      if (!(error instanceof EventShapeError)) {
        throw error;
      }
      torn = error;
    }
  }
}

/**
 * All events of a run. Where an evaluation was repeated after a resume, the later one counts.
 *
 * @throws MetricsLogError as {@link readLoggedEvents}.
 */
export async function readMetrics(path: string): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  const evaluations = new Map<string, number>();
  for await (const { event } of readLoggedEvents(path)) {
    const key = event.kind === 'evaluation' ? `${event.at} ${event.iteration}` : null;
    const earlier = key === null ? undefined : evaluations.get(key);
    if (earlier !== undefined) {
      events[earlier] = event;
      continue;
    }
    if (key !== null) {
      evaluations.set(key, events.length);
    }
    events.push(event);
  }
  return events;
}
