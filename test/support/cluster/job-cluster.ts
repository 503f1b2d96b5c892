/**
 * An API server that knows training jobs, its administrator, and the operator in the test's own process where one is asked for;
 * pods run on nodes that exist in the API only. In comes a number of nodes, out come namespaces and jobs, each test its own.
 */
import { startControlPlane, type ControlPlane } from '../../cluster/cluster.ts';
import { Admin } from './admin.ts';
import { clusterJob, JobProbe } from './cluster-job.ts';
import { installCrd } from './install-crd.ts';
import { TestOperator, type TestOperatorOptions } from './test-operator.ts';

export class JobCluster {
  readonly cluster: ControlPlane;
  readonly admin: Admin;
  readonly #opened: AsyncDisposableStack;
  readonly #operators: TestOperator[] = [];
  #namespaces = 0;

  private constructor(cluster: ControlPlane, admin: Admin, opened: AsyncDisposableStack) {
    this.cluster = cluster;
    this.admin = admin;
    this.#opened = opened;
  }

  /** @param fakeNodes - without any, pods stay Pending */
  static async start(fakeNodes = 0): Promise<JobCluster> {
    await using opened = new AsyncDisposableStack();
    const cluster = await startControlPlane(fakeNodes === 0 ? {} : { fakeNodes: { count: fakeNodes } });
    opened.defer(() => cluster.down());
    const admin = new Admin(cluster);
    opened.defer(() => admin.close());
    await installCrd(cluster);
    return new JobCluster(cluster, admin, opened.move());
  }

  startOperator(options: Omit<TestOperatorOptions, 'kubeconfigPath'> = {}): void {
    const operator = TestOperator.start({ ...options, kubeconfigPath: this.cluster.kubeconfigPath });
    this.#operators.push(operator);
    this.#opened.defer(() => operator.stop());
  }

  /** The newest one; as by SIGTERM. */
  async stopOperator(): Promise<void> {
    await this.#operators.at(-1)?.stop();
  }

  /** What all operators so far have logged as warnings and errors. */
  get complaints(): readonly string[] {
    return this.#operators.flatMap(({ complaints }) => complaints);
  }

  /** A new one: `case-1`, `case-2`. */
  namespace(labels: Readonly<Record<string, string>> = {}): Promise<string> {
    this.#namespaces += 1;
    return this.admin.namespace(`case-${this.#namespaces}`, labels);
  }

  /**
   * A job with nothing in the way of its workers but what `spec` puts there.
   *
   * @param spec - laid over a small legal one
   * @param namespace - a new one when left out
   */
  async createJob(spec: object = {}, namespace?: string): Promise<JobProbe> {
    return JobProbe.create(this.admin, namespace ?? (await this.namespace()), clusterJob('first', spec));
  }

  async down(): Promise<void> {
    await this.#opened.disposeAsync();
  }
}
