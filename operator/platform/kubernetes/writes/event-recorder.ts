/**
 * Notes for people, as Events of events.k8s.io. The same note about the same job is one Event with a count, whoever says
 * it again: its name is made from what it says. In come notes, out come Events; a note that cannot be written is lost,
 * for conditions carry what matters. Called by kubernetes-platform.ts.
 */
import { createHash } from 'node:crypto';
import { API_VERSION, FIELD_MANAGERS, KIND, OPERATOR_NAME } from '../../../../multigrid/contract/names.ts';
import type { JobEvent, TrainingJob } from '../../platform.ts';
import type { ApiClient } from '../api/api-client.ts';
import { isStatus } from '../api/api-errors.ts';
import { numberAt } from '../api/json.ts';
import { collectionPath, objectPath } from './resource-paths.ts';

const EVENTS = 'events.k8s.io/v1';
/** The server refuses more. */
const NOTE_LIMIT = 1024;
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

export class EventRecorder {
  readonly #options: EventRecorderOptions;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /** Never fails the caller. */
  async record(job: TrainingJob, event: JobEvent): Promise<void> {
    try {
      await this.#write(job, event);
    } catch (error) {
      this.#options.onLost(error);
    }
  }

  async #write(job: TrainingJob, { type, reason, message }: JobEvent): Promise<void> {
    const { client, instance } = this.#options;
    const { namespace = '', name, uid = '' } = job.metadata;
    const note = message.length > NOTE_LIMIT ? `${message.slice(0, NOTE_LIMIT - 1)}…` : message;
    const eventName = `${name}.${fingerprint([uid, type, reason, note])}`;
    const body = {
      apiVersion: EVENTS,
      kind: 'Event',
      metadata: { namespace, name: eventName },
      eventTime: this.#microTime(),
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
      await client.request({ method: 'POST', path, query: { fieldManager: FIELD_MANAGERS.children }, body });
    } catch (error) {
      if (!isStatus(error, CONFLICT)) {
        throw error;
      }
      await this.#countAgain(objectPath(EVENTS, 'Event', namespace, eventName));
    }
  }

  async #countAgain(path: string): Promise<void> {
    const { client } = this.#options;
    const found = await client.request({ method: 'GET', path });
    const count = (numberAt(found, 'series', 'count') ?? 1) + 1;
    await client.request({
      method: 'PATCH',
      path,
      query: { fieldManager: FIELD_MANAGERS.children },
      contentType: 'application/merge-patch+json',
      body: { series: { count, lastObservedTime: this.#microTime() } },
    });
  }

  #microTime(): string {
    return new Date(this.#options.now()).toISOString().replace('Z', '000Z');
  }
}

function fingerprint(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
