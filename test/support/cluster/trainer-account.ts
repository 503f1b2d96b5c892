/**
 * A job and its trainer's own credentials on a test API server: the service account and the Role that the operator makes,
 * and a token of it. In comes a control plane, out come objects and a kubeconfig that may do what a trainer may do.
 */
import { readFile } from 'node:fs/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { readJob } from '../../../multigrid/api/read-job.ts';
import type { StoredJob } from '../../../multigrid/object/job-object.ts';
import { asStoredJob } from '../../../multigrid/object/job-text.ts';
import { accountOf, bindingOf } from '../../../operator/workers/access.ts';
import type { ControlPlane } from '../../cluster/cluster.ts';
import { makeStoredJob } from '../run/jobs.ts';
import { untilAllowed } from './until-allowed.ts';

const KIND = 'multigridtrainingjobs.training.multigrid.dev';

/** One job in a namespace. */
export class TrainerAccount {
  readonly namespace: string;
  readonly name = 'linked';
  readonly #cluster: ControlPlane;

  constructor(cluster: ControlPlane, namespace: string) {
    this.#cluster = cluster;
    this.namespace = namespace;
  }

  async makeJob(spec?: unknown): Promise<void> {
    const { apiVersion, kind, spec: usual } = makeStoredJob(this.name);
    const metadata = { name: this.name, namespace: this.namespace };
    await this.apply({ apiVersion, kind, metadata, spec: spec ?? usual });
  }

  async deleteJob(): Promise<void> {
    await this.#cluster.kubectl(['delete', KIND, this.name, '-n', this.namespace]);
  }

  async job(): Promise<StoredJob> {
    const text = await this.#cluster.kubectl([
      ...['get', KIND, this.name, '-n', this.namespace],
      ...['-o', 'json', '--show-managed-fields'],
    ]);
    return asStoredJob(JSON.parse(text), this.name);
  }

  /** Writes the status as the operator does. */
  async operatorSays(status: NonNullable<StoredJob['status']>): Promise<void> {
    const { apiVersion, kind } = makeStoredJob();
    const metadata = { name: this.name, namespace: this.namespace };
    await this.apply(
      { apiVersion, kind, metadata, status },
      '--subresource=status',
      '--field-manager=mgt-status',
    );
  }

  async giveRights(): Promise<void> {
    const { apiVersion, kind, metadata, spec } = await this.job();
    const job = { apiVersion, kind, metadata, spec: readJob({ apiVersion, kind, metadata, spec }) };
    for (const child of [...accountOf(job), bindingOf(job)]) {
      await this.apply(child);
    }
    const write = ['patch', `${KIND}/${this.name}`, '--subresource=status', '-n', this.namespace];
    await untilAllowed(this.#cluster, `${this.namespace}/${this.name}`, write);
  }

  /** The account without the rights. */
  async makeAccount(): Promise<void> {
    await this.#cluster.kubectl(['create', 'serviceaccount', this.name, '-n', this.namespace]);
  }

  async config(): Promise<KubeConfig> {
    const token = (await this.#cluster.kubectl(['create', 'token', this.name, '-n', this.namespace])).trim();
    const admin = new KubeConfig();
    admin.loadFromString(await readFile(this.#cluster.kubeconfigPath, 'utf8'));
    const trainer = new KubeConfig();
    trainer.loadFromClusterAndUser(admin.getCurrentCluster()!, { name: 'trainer', token });
    return trainer;
  }

  async apply(object: unknown, ...flags: readonly string[]): Promise<void> {
    await this.#cluster.kubectl(['apply', '--server-side', ...flags, '-f', '-'], JSON.stringify(object));
  }
}
