/**
 * The lease of the leader election as an object of the cluster. In come entries, out come entries; the resourceVersion is
 * the fence, so of two replicas that write at the same time one fails. Read and written by runtime/leader.ts.
 */
import type { LeaseEntry, LeaseStore, StoredLease } from '../../../runtime/leader.ts';
import type { ApiClient } from '../../../../kube/api-client.ts';
import { isStatus } from '../../../../kube/api-errors.ts';
import { numberAt, textAt, timeAt, valueAt } from '../../../../multigrid/json/fields.ts';
import { collectionPath, objectPath } from './resource-paths.ts';

const LEASES = 'coordination.k8s.io/v1';
const SECOND_MS = 1000;
const NOT_FOUND = 404;

export class LeaseObject implements LeaseStore {
  readonly #client: ApiClient;
  readonly #namespace: string;
  readonly #name: string;

  constructor(client: ApiClient, { namespace, name }: { readonly namespace: string; readonly name: string }) {
    this.#client = client;
    this.#namespace = namespace;
    this.#name = name;
  }

  async read(signal: AbortSignal): Promise<StoredLease | null> {
    try {
      // The elector has its own rhythm: what fails here is looked at again soon anyway.
      const found = await this.#client.request({ method: 'GET', path: this.#path(), signal, tries: 1 });
      return { entry: entryOf(found), version: textAt(found, 'metadata', 'resourceVersion') ?? '' };
    } catch (error) {
      if (isStatus(error, NOT_FOUND)) {
        return null;
      }
      throw error;
    }
  }

  async write(entry: LeaseEntry, version: string | null, signal: AbortSignal): Promise<string> {
    const isNew = version === null;
    const written = await this.#client.request({
      method: isNew ? 'POST' : 'PUT',
      path: isNew ? collectionPath(LEASES, 'Lease', this.#namespace) : this.#path(),
      body: this.#objectOf(entry, version),
      signal,
      tries: 1,
    });
    return textAt(written, 'metadata', 'resourceVersion') ?? '';
  }

  #path(): string {
    return objectPath(LEASES, 'Lease', this.#namespace, this.#name);
  }

  #objectOf(entry: LeaseEntry, version: string | null): object {
    return {
      apiVersion: LEASES,
      kind: 'Lease',
      metadata: {
        namespace: this.#namespace,
        name: this.#name,
        ...(version === null ? {} : { resourceVersion: version }),
      },
      spec: {
        holderIdentity: entry.holder,
        // Whole seconds are what the API has; rounded up, a lease is never shorter than its holder believes.
        leaseDurationSeconds: Math.max(1, Math.ceil(entry.durationMs / SECOND_MS)),
        leaseTransitions: entry.transitions,
        acquireTime: microTime(entry.acquiredMs),
        renewTime: microTime(entry.renewedMs),
      },
    };
  }
}

function entryOf(object: unknown): LeaseEntry {
  const spec = valueAt(object, 'spec');
  return {
    holder: textAt(spec, 'holderIdentity') ?? '',
    durationMs: (numberAt(spec, 'leaseDurationSeconds') ?? 0) * SECOND_MS,
    transitions: numberAt(spec, 'leaseTransitions') ?? 0,
    acquiredMs: timeAt(spec, 'acquireTime') ?? 0,
    renewedMs: timeAt(spec, 'renewTime') ?? 0,
  };
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
