/**
 * What the operator writes about a training job and tells its Job and pods to do. In come jobs and wishes, out come
 * requests; each is safe to repeat, and those that rest on what was seen carry the version it was seen in.
 */
import { API_VERSION, FIELD_MANAGERS, KIND, REMINDED } from '../../../../multigrid/contract/names.ts';
import type { OperatorStatus, StoredJob } from '../../../../multigrid/object/job-object.ts';
import { JobConflictError } from '../../../../multigrid/object/object-errors.ts';
import type { TrainingJob } from '../../platform.ts';
import type { ApiClient, ApiRequest } from '../../../../kube/api-client.ts';
import { isStatus } from '../../../../kube/api-errors.ts';
import type { KeptIndexedJob, KeptPod } from '../cache/kept-workers.ts';
import { objectPath, trainingJobPath } from './resource-paths.ts';

const CONFLICT = 409;
const NOT_FOUND = 404;

export class JobWriter {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** The newest version of a job; null when there is none. */
  async read(metadata: { readonly namespace: string; readonly name: string }): Promise<unknown> {
    try {
      return await this.#client.request({ method: 'GET', path: trainingJobPath(metadata) });
    } catch (error) {
      if (isStatus(error, NOT_FOUND)) {
        return null;
      }
      throw error;
    }
  }

  /**
   * @returns the job with its new version
   * @throws JobConflictError when the job has changed, or gone, since it was read.
   */
  async writeStatus({ metadata }: Pick<StoredJob, 'metadata'>, status: OperatorStatus): Promise<unknown> {
    const { namespace = '', name, uid = '', resourceVersion = '' } = metadata;
    try {
      return await this.#client.request({
        method: 'PATCH',
        path: `${trainingJobPath({ namespace, name })}/status`,
        query: { fieldManager: FIELD_MANAGERS.status, force: 'true' },
        contentType: 'application/apply-patch+yaml',
        body: {
          apiVersion: API_VERSION,
          kind: KIND,
          metadata: { namespace, name, uid, resourceVersion },
          status,
        },
      });
    } catch (error) {
      if (isStatus(error, CONFLICT) || isStatus(error, NOT_FOUND)) {
        throw new JobConflictError(`${namespace}/${name}`, resourceVersion, 'a newer one', { cause: error });
      }
      throw error;
    }
  }

  async deleteTrainingJob({ metadata }: TrainingJob): Promise<void> {
    const { namespace = '', name, uid = '', resourceVersion = '' } = metadata;
    await this.#delete(trainingJobPath({ namespace, name }), {
      preconditions: { uid, resourceVersion },
      propagationPolicy: 'Background',
    });
  }

  /** Deletes a Job; it stays until its last pod is gone, so that no successor runs beside one. */
  async deleteIndexedJob({ namespace, name, uid }: KeptIndexedJob): Promise<void> {
    await this.#delete(objectPath('batch/v1', 'Job', namespace, name), {
      preconditions: { uid },
      propagationPolicy: 'Foreground',
    });
  }

  /** Has a Job end its running pods and make no more; those that have ended stay, with their logs. */
  async suspendIndexedJob({ namespace, name, uid }: KeptIndexedJob): Promise<void> {
    await this.#unlessGone({
      method: 'PATCH',
      path: objectPath('batch/v1', 'Job', namespace, name),
      query: { fieldManager: FIELD_MANAGERS.children },
      contentType: 'application/merge-patch+json',
      body: { metadata: { uid }, spec: { suspend: true } },
    });
  }

  /** Has a Job looked at by its controller, which looks when something happens to it. */
  async remindIndexedJob({ namespace, name, uid }: KeptIndexedJob, nowMs: number): Promise<void> {
    await this.#unlessGone({
      method: 'PATCH',
      path: objectPath('batch/v1', 'Job', namespace, name),
      query: { fieldManager: FIELD_MANAGERS.children },
      contentType: 'application/merge-patch+json',
      body: { metadata: { uid, annotations: { [REMINDED]: new Date(nowMs).toISOString() } } },
    });
  }

  /** @param withinSeconds - that what runs in the pod is given to end; nothing is asked of one that has no more already */
  async killPod({ namespace, name, uid, graceSeconds }: KeptPod, withinSeconds: number): Promise<void> {
    if (graceSeconds !== null && graceSeconds <= withinSeconds) {
      return;
    }
    await this.#delete(objectPath('v1', 'Pod', namespace, name), {
      preconditions: { uid },
      gracePeriodSeconds: withinSeconds,
    });
  }

  async #delete(path: string, options: object): Promise<void> {
    await this.#unlessGone({ method: 'DELETE', path, body: options });
  }

  /** What is gone, or is another one by now, is not ours to change any more. */
  async #unlessGone(request: ApiRequest): Promise<void> {
    try {
      await this.#client.request(request);
    } catch (error) {
      if (!isStatus(error, NOT_FOUND) && !isStatus(error, CONFLICT)) {
        throw error;
      }
    }
  }
}
