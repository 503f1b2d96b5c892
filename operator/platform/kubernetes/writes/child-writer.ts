/**
 * Brings the children of a job into being. In comes a child as it should be, out comes whether it is so. What is missing
 * is created, never taken over: an object of that name that belongs to somebody else stays as it is. What is there and
 * ours is corrected by server-side apply where it differs, and not touched where it does not.
 */
import { FIELD_MANAGERS } from '../../../../multigrid/contract/names.ts';
import type { Child } from '../../../workers/child.ts';
import type { Finding } from '../../platform.ts';
import { REASONS } from '../../../status/reasons.ts';
import type { ApiClient } from '../../../../kube/api-client.ts';
import { ApiError, isStatus } from '../../../../kube/api-errors.ts';
import { isRecord, listAt, textAt, valueAt } from '../../../../multigrid/json/fields.ts';
import { refusalOf } from '../workers/refusal.ts';
import { collectionPath, objectPath } from './resource-paths.ts';
import { OvertakenError } from '../../../runtime/controller.ts';

const CONFLICT = 409;
const NOT_FOUND = 404;
const BAD_REQUEST = 400;
const FORBIDDEN = 403;
const INVALID = 422;
const INTERNAL = 500;

export class ChildWriter {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /**
   * @param ownerUid - of the job
   * @returns why the cluster does not want it; null: it is as it should be
   * @throws what the client throws when the server is out of reach or overloaded.
   */
  async ensure(child: Child, ownerUid: string): Promise<Finding | null> {
    return orRefusal(child, async () =>
      (await this.#create(child)) ? null : this.#correct(child, ownerUid),
    );
  }

  /**
   * Creates what can be told by its name alone, and leaves what is there: the operator may not read it.
   *
   * @returns why the cluster does not want it; null: it is there
   * @throws what the client throws when the server is out of reach or overloaded.
   */
  async ensureUnread(child: Child): Promise<Finding | null> {
    return orRefusal(child, async () => {
      await this.#create(child);
      return null;
    });
  }

  /** @returns false when there is one of that name. */
  async #create(child: Child): Promise<boolean> {
    const { apiVersion, kind, metadata } = child;
    try {
      await this.#client.request({
        method: 'POST',
        path: collectionPath(apiVersion, kind, metadata.namespace),
        query: { fieldManager: FIELD_MANAGERS.children, fieldValidation: 'Strict' },
        body: child,
      });
      return true;
    } catch (error) {
      if (isStatus(error, CONFLICT)) {
        return false;
      }
      throw error;
    }
  }

  async #correct(child: Child, ownerUid: string): Promise<Finding | null> {
    const { apiVersion, kind, metadata } = child;
    const path = objectPath(apiVersion, kind, metadata.namespace, metadata.name);
    const found = await this.#find(path);
    if (found === null) {
      throw new OvertakenError(`${kind} ${metadata.name} has disappeared; it will be created again`);
    }
    if (controllerOf(found) !== ownerUid) {
      const message = `${kind} ${metadata.name} exists but does not belong to this job; delete it, or rename the job`;
      return { reason: REASONS.nameTaken, message };
    }
    if (!isWithin(child, found)) {
      await this.#client.request({
        method: 'PATCH',
        path,
        query: { fieldManager: FIELD_MANAGERS.children, force: 'true' },
        contentType: 'application/apply-patch+yaml',
        body: child,
      });
    }
    return null;
  }

  async #find(path: string): Promise<unknown> {
    try {
      return await this.#client.request({ method: 'GET', path });
    } catch (error) {
      if (isStatus(error, NOT_FOUND)) {
        return null;
      }
      throw error;
    }
  }
}

async function orRefusal(child: Child, work: () => Promise<Finding | null>): Promise<Finding | null> {
  try {
    return await work();
  } catch (error) {
    if (isRefusal(error)) {
      const { reason, message } = refusalOf(error.message);
      return { reason, message: `${child.kind} ${child.metadata.name}: ${message}` };
    }
    throw error;
  }
}

/** The server understood and does not want it; everything else passes by itself. */
function isRefusal(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) {
    return false;
  }
  const isWebhook = error.status === INTERNAL && error.message.includes('webhook');
  return [BAD_REQUEST, FORBIDDEN, INVALID].includes(error.status) || isWebhook;
}

function controllerOf(object: unknown): string | null {
  const owner = listAt(object, 'metadata', 'ownerReferences').find(
    (reference) => valueAt(reference, 'controller') === true,
  );
  return textAt(owner, 'uid');
}

/** Whether everything that is wanted is there; the server adds defaults, which are no difference. */
export function isWithin(wanted: unknown, found: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      wanted.length === found.length &&
      wanted.every((item, index) => isWithin(item, found[index]))
    );
  }
  if (isRecord(wanted)) {
    return isRecord(found) && Object.entries(wanted).every(([key, value]) => isWithin(value, found[key]));
  }
  return wanted === found;
}
