import { describe, expect, test } from '@jest/globals';
import { summarizePlan } from '../../multigrid/plan/plan-summary.ts';
import { hashOfPlan } from '../../multigrid/plan/plan.ts';
import { sha256Hex } from '../../storage/sha256.ts';
import { makePlan, makeStoredJob } from '../../test/support/run/jobs.ts';
import { StoredPlans } from './stored-plans.ts';

const drawn = makePlan(3);
const plan = { ...drawn, hash: hashOfPlan(drawn, sha256Hex) };
const planSummary = summarizePlan(plan, 1300);

function jobWith(status: object) {
  const job = makeStoredJob('digits');
  return { ...job, metadata: { ...job.metadata, namespace: 'video' }, status };
}

/** A server that answers every request alike. */
function serverOf(answer: unknown) {
  const paths: string[] = [];
  const request = ({ path }: { readonly path: string }): Promise<unknown> => {
    paths.push(path);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { client: { request }, paths };
}

describe('a job of a cluster', () => {
  test('is shown with its plan, which is read once', async () => {
    const { client, paths } = serverOf({ revision: 1, data: plan });
    const plans = new StoredPlans(client);
    const shown = await Promise.all([1, 2].map(() => plans.join(jobWith({ planSummary }))));
    expect(shown.map(({ status }) => status)).toEqual([
      { planSummary, plan },
      { planSummary, plan },
    ]);
    expect(paths).toEqual(['/apis/apps/v1/namespaces/video/controllerrevisions/digits']);
  });

  test.each<[string, unknown]>([
    ['is gone', new Error('not found')],
    ['is another one', { data: { ...plan, epochs: 4 } }],
  ])('is shown without its plan when that %s', async (_how, answer) => {
    const job = jobWith({ planSummary });
    expect(await new StoredPlans(serverOf(answer).client).join(job)).toBe(job);
  });

  test('that has its plan in it, or none yet, needs no request', async () => {
    const { client, paths } = serverOf(null);
    const plans = new StoredPlans(client);
    for (const job of [jobWith({ plan }), jobWith({})]) {
      expect(await plans.join(job)).toBe(job);
    }
    expect(paths).toEqual([]);
  });
});
