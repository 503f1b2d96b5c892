/**
 * A job at a real API server, through the official client. In come the cluster's address and credentials (a kubeconfig),
 * out come the three requests of JobApi. The client makes a connection pool for every request; here one is kept until a
 * request fails, so that a report is no TLS handshake. Every request has its time limit.
 */
import {
  type ConfigurationOptions,
  CustomObjectsApi,
  type KubeConfig,
  Observable,
  PatchStrategy,
  type RequestContext,
  setHeaderOptions,
} from '@kubernetes/client-node';
import {
  API_VERSION,
  FIELD_MANAGERS,
  GROUP,
  KIND,
  PLURAL,
  VERSION,
} from '../../../multigrid/contract/names.ts';
import { asStoredJob } from '../../../multigrid/object/job-text.ts';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import { timeoutSignal } from '../../../timing/timers.ts';
import { isOlderVersion } from '../known-job.ts';
import { requestError } from './api-failure.ts';
import { ApiRequestError, type JobApi, JobGoneError } from './job-api.ts';
import { readWatch } from './read-watch.ts';

const REQUEST_TIMEOUT_MS = 10_000;
const CONFLICT = 409;
/** The operator writes a few times at a border, and then not for long. */
const WRITE_TRIES = 5;
/** How long the server may keep one watch; spread, so that a thousand trainers do not come back at once. */
const WATCH_SECONDS = { least: 240, spread: 120 };

export interface JobAddress {
  readonly namespace: string;
  readonly name: string;
}

type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

export class ApiServer implements JobApi {
  readonly #config: KubeConfig;
  readonly #api: CustomObjectsApi;
  readonly #address: JobAddress;
  readonly #random: () => number;
  #pool: Dispatcher | null = null;
  #uid: string | null = null;
  /** Of the newest job seen. */
  #version: string | undefined;

  constructor(config: KubeConfig, address: JobAddress, random: () => number) {
    this.#config = config;
    this.#api = config.makeApiClient(CustomObjectsApi);
    this.#address = address;
    this.#random = random;
  }

  async read(signal?: AbortSignal): Promise<StoredJob> {
    return this.#request('reading the job', async () => {
      const object: unknown = await this.#api.getNamespacedCustomObject(
        this.#target(),
        this.#options(signal),
      );
      return this.#jobOf(object);
    });
  }

  async writeProgress(progress: Progress): Promise<StoredJob> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#tryWrite(progress);
      } catch (error) {
        const isOutdated = error instanceof ApiRequestError && error.status === CONFLICT;
        if (!isOutdated || tries === WRITE_TRIES) {
          throw error;
        }
        // Somebody else wrote meanwhile, or another job has taken the name: reading tells.
        await this.read();
      }
    }
  }

  async watch(
    resourceVersion: string,
    onJob: (job: StoredJob) => void,
    signal: AbortSignal,
  ): Promise<string | null> {
    const { namespace, name } = this.#address;
    const path = `/apis/${GROUP}/${VERSION}/namespaces/${namespace}/${PLURAL}`;
    const timeoutSeconds = Math.round(WATCH_SECONDS.least + this.#random() * WATCH_SECONDS.spread);
    const fieldSelector = `metadata.name=${name}`;
    const query = { fieldSelector, resourceVersion, allowWatchBookmarks: true, timeoutSeconds };
    let from: string | null = resourceVersion;
    const end = await readWatch(
      { config: this.#config, path, query },
      (event) => {
        switch (event.kind) {
          case 'job':
            from = event.resourceVersion;
            onJob(this.#jobOf(event.object));
            return;
          case 'bookmark':
            from = event.resourceVersion;
            return;
          case 'deleted':
            throw new JobGoneError(this.#label, 'was deleted');
          case 'expired':
            from = null;
            return;
          case 'error':
            throw new ApiRequestError('watching the job', event.status, event.message);
        }
      },
      signal,
    );
    return end === 'silent' ? null : from;
  }

  async #tryWrite(progress: Progress): Promise<StoredJob> {
    const { namespace, name } = this.#address;
    if (this.#version === undefined) {
      await this.read();
    }
    // The version keeps the progress of this job out of another one of its name, which no uid does here: the API server
    // applies to whatever has the name.
    const metadata = { namespace, name, resourceVersion: this.#version };
    const body = { apiVersion: API_VERSION, kind: KIND, metadata, status: { progress } };
    return this.#request('writing status.progress', async () => {
      const object: unknown = await this.#api.patchNamespacedCustomObjectStatus(
        { ...this.#target(), body, fieldManager: FIELD_MANAGERS.progress, force: true },
        setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply, this.#options()),
      );
      return this.#jobOf(object);
    });
  }

  get #label(): string {
    return `${this.#address.namespace}/${this.#address.name}`;
  }

  #target(): {
    readonly group: string;
    readonly version: string;
    readonly plural: string;
  } & JobAddress {
    return { group: GROUP, version: VERSION, plural: PLURAL, ...this.#address };
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
    if (!isOlderVersion(resourceVersion, this.#version)) {
      this.#version = resourceVersion;
    }
    return job;
  }

  async #request<T>(what: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof JobGoneError) {
        throw error;
      }
      const failure = requestError(what, error, this.#label);
      if (failure instanceof ApiRequestError && failure.status === null) {
        // A new connection next time, with the certificates as they are then.
        void this.#pool?.destroy();
        this.#pool = null;
      }
      throw failure;
    }
  }

  #options(signal?: AbortSignal): ConfigurationOptions {
    return {
      middlewareMergeStrategy: 'append',
      middleware: [
        {
          pre: (request) => {
            const limits = [timeoutSignal(REQUEST_TIMEOUT_MS), ...(signal === undefined ? [] : [signal])];
            request.setSignal(AbortSignal.any(limits));
            this.#pool ??= request.getDispatcher() ?? null;
            if (this.#pool !== null) {
              request.setDispatcher(this.#pool);
            }
            return new Observable(Promise.resolve(request));
          },
          post: (response) => new Observable(Promise.resolve(response)),
        },
      ],
    };
  }
}
