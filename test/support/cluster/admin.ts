/**
 * The API server of a test cluster, asked as its administrator by the operator's own client. In come a control plane, out
 * come requests; tests read the world through it and change it as a person would.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from '../../../kube/api-client.ts';
import { isStatus } from '../../../kube/api-errors.ts';
import { ClusterAccess } from '../../../kube/cluster-access.ts';
import { listAt, textAt } from '../../../multigrid/json/fields.ts';
import type { ControlPlane } from '../../cluster/cluster.ts';

const TRAINING = '/apis/training.multigrid.dev/v1alpha1';

export class Admin {
  readonly client: ApiClient;
  readonly #access: ClusterAccess;

  constructor({ kubeconfigPath }: Pick<ControlPlane, 'kubeconfigPath'>) {
    this.#access = ClusterAccess.load(kubeconfigPath, () => performance.now());
    this.client = new ApiClient({
      access: this.#access,
      now: Date.now,
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
      random: Math.random,
      userAgent: 'test',
    });
  }

  close(): Promise<void> {
    return this.#access.close();
  }

  /** Null when there is none. */
  async get(path: string): Promise<unknown> {
    try {
      return await this.client.request({ method: 'GET', path });
    } catch (error) {
      if (isStatus(error, 404)) {
        return null;
      }
      throw error;
    }
  }

  async list(path: string): Promise<readonly unknown[]> {
    return listAt(await this.client.request({ method: 'GET', path }), 'items');
  }

  /** Pods of a job, oldest first. */
  async podsOf(namespace: string, job: string): Promise<readonly unknown[]> {
    const selector = encodeURIComponent(`training.multigrid.dev/job-name=${job}`);
    const found = await this.list(`/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`);
    const age = (pod: unknown): string =>
      `${textAt(pod, 'metadata', 'creationTimestamp')} ${textAt(pod, 'metadata', 'name')}`;
    return found.toSorted((one, other) => (age(one) < age(other) ? -1 : 1));
  }

  create(path: string, body: object, query: Readonly<Record<string, string>> = {}): Promise<unknown> {
    return this.client.request({ method: 'POST', path, body, query });
  }

  merge(path: string, body: object): Promise<unknown> {
    const contentType = 'application/merge-patch+json';
    return this.client.request({ method: 'PATCH', path, body, contentType });
  }

  remove(path: string, options: object = {}): Promise<unknown> {
    return this.client.request({ method: 'DELETE', path, body: options });
  }

  /** A namespace of its own for each test. */
  async namespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
    await this.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels },
    });
    return name;
  }
}

export const jobsPath = (namespace: string): string =>
  `${TRAINING}/namespaces/${namespace}/multigridtrainingjobs`;
export const jobPath = (namespace: string, name: string): string => `${jobsPath(namespace)}/${name}`;
