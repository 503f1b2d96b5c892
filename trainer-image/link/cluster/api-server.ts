/**
 * A job at a real API server. In comes a client, out come the requests of JobApi. Nothing is tried twice here but what a
 * newer version of the job stood against: whoever waits for an answer decides how long.
 */
import type { ApiClient, ApiRequest } from '../../../kube/api-client.ts';
import { ApiError, isStatus } from '../../../kube/api-errors.ts';
import type { WatchEvent } from '../../../kube/follow.ts';
import { ResourceSource } from '../../../kube/resource-source.ts';
import { API_VERSION, FIELD_MANAGERS, planPath, PLURAL } from '../../../multigrid/contract/names.ts';
import { numberAt, valueAt } from '../../../multigrid/json/fields.ts';
import { isOlderVersion } from '../../../multigrid/contract/resource-version.ts';
import { asStoredJob } from '../../../multigrid/object/job-text.ts';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import { type JobApi, JobGoneError, type LeaseRenewal } from './job-api.ts';

const NOT_FOUND = 404;
const CONFLICT = 409;
/** Also what the server says of a patch whose test has failed. */
const UNPROCESSABLE = 422;
/** The operator writes a few times at a border, and then not for long. */
const WRITE_TRIES = 5;
/** How long the server may keep one watch; spread, so that a thousand trainers do not come back at once. */
const WATCH_SECONDS = { least: 240, spread: 120 };

export interface JobAddress {
  readonly namespace: string;
  readonly name: string;
}

export interface ApiServerOptions {
  readonly client: ApiClient;
  readonly job: JobAddress;
  /** 0 to 1. */
  readonly random: () => number;
}

export class ApiServer implements JobApi {
  readonly #client: ApiClient;
  readonly #address: JobAddress;
  readonly #path: string;
  readonly #source: ResourceSource<StoredJob>;
  #uid: string | null = null;
  #newest: StoredJob | null = null;

  constructor({ client, job, random }: ApiServerOptions) {
    const { namespace, name } = job;
    this.#client = client;
    this.#address = job;
    this.#path = `/apis/${API_VERSION}/namespaces/${namespace}/${PLURAL}/${name}`;
    this.#source = new ResourceSource({
      client,
      query: {
        api: `/apis/${API_VERSION}`,
        resource: PLURAL,
        namespace,
        fieldSelector: `metadata.name=${name}`,
      },
      keep: (object) => this.#jobOf(object),
      watchSeconds: Math.round(WATCH_SECONDS.least + random() * WATCH_SECONDS.spread),
      random,
    });
  }

  async read(signal?: AbortSignal): Promise<StoredJob> {
    return this.#request({ method: 'GET', path: this.#path, ...(signal === undefined ? {} : { signal }) });
  }

  async readPlan(signal: AbortSignal): Promise<unknown> {
    const { namespace, name } = this.#address;
    const path = planPath(namespace, name);
    return valueAt(await this.#client.request({ method: 'GET', path, signal, tries: 1 }), 'data');
  }

  async writeProgress(progress: Progress): Promise<StoredJob> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#tryWrite(progress);
      } catch (error) {
        const isRefused = isStatus(error, UNPROCESSABLE);
        if (!isRefused && !isStatus(error, CONFLICT)) {
          throw error;
        }
        // Another job may have taken the name: reading tells.
        await this.read();
        if (isRefused || tries === WRITE_TRIES) {
          throw error;
        }
      }
    }
  }

  async renewLease({ holder, renewedMs }: LeaseRenewal, signal: AbortSignal): Promise<number | null> {
    const { namespace, name } = this.#address;
    // Microseconds are what the API wants to read.
    const renewTime = new Date(renewedMs).toISOString().replace('Z', '000Z');
    const lease = await this.#client.request({
      method: 'PATCH',
      path: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`,
      contentType: 'application/merge-patch+json',
      body: { spec: { holderIdentity: holder, renewTime } },
      signal,
      tries: 1,
    });
    const seconds = numberAt(lease, 'spec', 'leaseDurationSeconds');
    return seconds === null ? null : 1000 * seconds;
  }

  watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<WatchEvent<StoredJob>> {
    return this.#source.watch(resourceVersion, signal);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #tryWrite(progress: Progress): Promise<StoredJob> {
    if (this.#uid === null) {
      await this.read();
    }
    return this.#request({
      method: 'PATCH',
      path: `${this.#path}/status`,
      query: { fieldManager: FIELD_MANAGERS.progress },
      contentType: 'application/json-patch+json',
      body: this.#patchOf(progress),
    });
  }

  /**
   * The progress as a whole takes the place of the one before, nulls included, and no version is asked for, so that what
   * the operator writes meanwhile is in nobody's way. What keeps it out of another job of this name is the test of the uid:
   * of a status the API server takes no notice of any uid that is only sent along. A job without any status is the
   * exception: making one must not undo the operator's.
   */
  #patchOf(progress: Progress): readonly object[] {
    const isSame = { op: 'test', path: '/metadata/uid', value: this.#uid };
    const { metadata, status } = this.#newest ?? {};
    if (status !== undefined) {
      return [isSame, { op: 'add', path: '/status/progress', value: progress }];
    }
    const version = { op: 'replace', path: '/metadata/resourceVersion', value: metadata?.resourceVersion };
    return [isSame, version, { op: 'add', path: '/status', value: { progress } }];
  }

  get #label(): string {
    return `${this.#address.namespace}/${this.#address.name}`;
  }

  /** The job of an answer, if it is still the one that this trainer began with. */
  #jobOf(object: unknown): StoredJob {
    const job = asStoredJob(object, this.#label);
    const { uid, deletionTimestamp, resourceVersion } = job.metadata;
    this.#uid ??= uid ?? null;
    if (uid !== undefined && uid !== this.#uid) {
      throw new JobGoneError(this.#label, 'was deleted, another one has its name');
    }
    if (deletionTimestamp !== undefined) {
      throw new JobGoneError(this.#label, 'is being deleted');
    }
    if (!isOlderVersion(resourceVersion, this.#newest?.metadata.resourceVersion)) {
      this.#newest = job;
    }
    return job;
  }

  async #request(request: ApiRequest): Promise<StoredJob> {
    try {
      return this.#jobOf(await this.#client.request({ ...request, tries: 1 }));
    } catch (error) {
      // A server that does not know the kind answers 404 too, but not with this reason.
      if (error instanceof ApiError && error.status === NOT_FOUND && error.reason === 'NotFound') {
        throw new JobGoneError(this.#label, 'does not exist any more', { cause: error });
      }
      throw error;
    }
  }
}
