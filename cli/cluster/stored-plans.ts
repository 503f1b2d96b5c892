/**
 * Plans of jobs in a cluster, which lie beside them. In comes a job as it is stored, out comes the same with its plan, as
 * `job.yaml` of a run on this machine has it. Each plan is read once; where it cannot be read, since it is gone or this
 * person may not, the job is shown without.
 */
import type { ApiClient } from '../../kube/api-client.ts';
import { planPath } from '../../multigrid/contract/names.ts';
import { valueAt } from '../../multigrid/json/fields.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { isPlanOfHash } from '../../multigrid/plan/plan-summary.ts';
import type { Plan } from '../../multigrid/plan/types.ts';
import { sha256Hex } from '../../storage/sha256.ts';

export class StoredPlans {
  readonly #client: Pick<ApiClient, 'request'>;
  readonly #plans = new Map<string, Promise<Plan | null>>();

  constructor(client: Pick<ApiClient, 'request'>) {
    this.#client = client;
  }

  /** Never throws. */
  async join(job: StoredJob): Promise<StoredJob> {
    const { plan: whole, planSummary } = job.status ?? {};
    if (whole !== undefined || planSummary === undefined) {
      return job;
    }
    const { hash } = planSummary;
    const asked = this.#plans.get(hash) ?? this.#read(job, hash);
    this.#plans.set(hash, asked);
    const plan = await asked;
    if (plan === null) {
      this.#plans.delete(hash);
      return job;
    }
    return { ...job, status: { ...job.status, plan } };
  }

  async #read({ metadata }: StoredJob, hash: string): Promise<Plan | null> {
    const path = planPath(metadata.namespace ?? '', metadata.name);
    try {
      const plan = valueAt(await this.#client.request({ method: 'GET', path }), 'data');
      return isPlanOfHash(plan, hash, sha256Hex) ? plan : null;
    } catch {
      // The job itself says what people came for.
      return null;
    }
  }
}
