/**
 * Notes for people, as Events of events.k8s.io. The same note about the same job is one Event with a count, whoever says
 * it again: its name is made from what it says. In come notes, out go Events beside everything else, one at a time, so that
 * an API that hangs holds nobody up; a note that cannot be written is lost, for conditions carry what matters.
 */
import { API_VERSION, FIELD_MANAGERS, KIND, OPERATOR_NAME } from '../../../../multigrid/contract/names.ts';
import { Outbox } from '../../../runtime/outbox.ts';
import type { JobEvent, TrainingJob } from '../../platform.ts';
import type { ApiClient } from '../../../../kube/api-client.ts';
import { isStatus } from '../../../../kube/api-errors.ts';
import { numberAt } from '../../../../multigrid/json/fields.ts';
import { collectionPath, objectPath } from './resource-paths.ts';
import { sha256Hex } from '../../../../storage/sha256.ts';

const EVENTS = 'events.k8s.io/v1';
/** The server refuses more bytes. */
const NOTE_LIMIT = 1024;
const ELLIPSIS = '…';
const ACTION_LIMIT = 128;
const CONFLICT = 409;

export interface EventRecorderOptions {
  readonly client: ApiClient;
  /** Which replica of the operator says it. */
  readonly instance: string;
  readonly now: () => number;
  /** Told of notes that could not be written. */
  readonly onLost: (error: unknown) => void;
}

interface Note {
  readonly job: Pick<TrainingJob, 'metadata'>;
  readonly event: JobEvent;
  readonly atMs: number;
}

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #outbox: Outbox<Note>;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#outbox = new Outbox({ send: (note, signal) => this.#write(note, signal), onLost: options.onLost });
  }

  /** Returns at once, and never throws. */
  record({ metadata }: Pick<TrainingJob, 'metadata'>, event: JobEvent): void {
    this.#outbox.put({ job: { metadata }, event, atMs: this.#options.now() });
  }

  /** Writes what waits until `patience` is over; the rest is lost. */
  async close(patience: Promise<unknown>): Promise<void> {
    await this.#outbox.close(patience);
  }

  async #write({ job, event, atMs }: Note, signal: AbortSignal): Promise<void> {
    const { client, instance } = this.#options;
    const { type, reason, message } = event;
    const { namespace = '', name, uid = '' } = job.metadata;
    const note = cut(message);
    const eventName = `${name}.${fingerprint([uid, type, reason, note])}`;
    const body = {
      apiVersion: EVENTS,
      kind: 'Event',
      metadata: { namespace, name: eventName },
      eventTime: microTime(atMs),
      type,
      reason: reason.slice(0, ACTION_LIMIT),
      action: reason.slice(0, ACTION_LIMIT),
      note,
      regarding: { apiVersion: API_VERSION, kind: KIND, namespace, name, uid },
      reportingController: OPERATOR_NAME,
      reportingInstance: instance,
    };
    try {
      const path = collectionPath(EVENTS, 'Event', namespace);
      const query = { fieldManager: FIELD_MANAGERS.children };
      await client.request({ method: 'POST', path, query, body, signal });
    } catch (error) {
      if (!isStatus(error, CONFLICT)) {
        throw error;
      }
      await this.#countAgain(objectPath(EVENTS, 'Event', namespace, eventName), atMs, signal);
    }
  }

  async #countAgain(path: string, atMs: number, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const found = await client.request({ method: 'GET', path, signal });
    const count = (numberAt(found, 'series', 'count') ?? 1) + 1;
    await client.request({
      method: 'PATCH',
      path,
      query: { fieldManager: FIELD_MANAGERS.children },
      contentType: 'application/merge-patch+json',
      body: { series: { count, lastObservedTime: microTime(atMs) } },
      signal,
    });
  }
}

/** As much of a text as a note may hold. */
export function cut(text: string): string {
  if (Buffer.byteLength(text) <= NOTE_LIMIT) {
    return text;
  }
  const kept = Buffer.from(text).subarray(0, NOTE_LIMIT - Buffer.byteLength(ELLIPSIS));
  // What is left of a character that did not fit is decoded as this one.
  return `${kept.toString().replace(/\uFFFD+$/u, '')}${ELLIPSIS}`;
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

function fingerprint(parts: readonly string[]): string {
  return sha256Hex(JSON.stringify(parts)).slice(0, 16);
}
