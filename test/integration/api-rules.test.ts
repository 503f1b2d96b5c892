/**
 * The CRD on a real API server: it takes what the command line takes and refuses what the command line refuses, with the
 * same words where the rule is ours.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApiError } from '../../kube/api-errors.ts';
import { numberAt, textAt } from '../../multigrid/json/fields.ts';
import { summarizePlan } from '../../multigrid/plan/plan-summary.ts';
import { whyNoControlPlane } from '../cluster/cluster.ts';
import { BAD_MANIFESTS, changed } from '../support/bad-manifests.ts';
import { jobPath, jobsPath } from '../support/cluster/admin.ts';
import { JobCluster } from '../support/cluster/job-cluster.ts';
import { makePlan, makeProgress } from '../support/run/jobs.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const CRD = new URL('../../crds/multigridtrainingjob.yaml', import.meta.url).pathname;

describeIfPossible('the CRD on a real API server', () => {
  let place: JobCluster;

  beforeAll(async () => {
    place = await JobCluster.start();
  });

  afterAll(() => place.down());

  const create = (manifest: object, query: Readonly<Record<string, string>>) =>
    place.admin.create(jobsPath('default'), manifest, query);
  const DRY = { dryRun: 'All', fieldValidation: 'Strict' };

  async function refusalOf(manifest: object, query: Readonly<Record<string, string>>): Promise<string> {
    try {
      await create(manifest, query);
      return 'nothing: it took it';
    } catch (error) {
      return error instanceof ApiError && error.status < 500 ? error.message : String(error);
    }
  }

  test('takes the manifest that the bad ones are made from, and every example', async () => {
    await create(BAD_MANIFESTS.base, DRY);
    for (const example of ['quickstart.yaml', 'quickstart-small.yaml', 'kinetics-slowfast.yaml']) {
      const path = new URL(`../../examples/${example}`, import.meta.url).pathname;
      expect(await place.cluster.kubectl(['apply', '--dry-run=server', '-f', path])).toContain(
        '(server dry run)',
      );
    }
  });

  test.each(BAD_MANIFESTS.cases)('refuses $name', async (bad) => {
    const manifest = changed(BAD_MANIFESTS.base, bad);
    const refusal = await refusalOf(manifest, DRY);
    expect(refusal).not.toBe('nothing: it took it');
    if (bad.rule === true) {
      expect(refusal).toContain(bad.says);
    }
  });

  test('applied twice it stays as it is', async () => {
    const version = async () =>
      textAt(
        await place.admin.get(
          '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/multigridtrainingjobs.training.multigrid.dev',
        ),
        'metadata',
        'resourceVersion',
      );
    const before = await version();
    await place.cluster.kubectl(['apply', '-f', CRD]);
    expect(await version()).toBe(before);
    expect(readFileSync(CRD, 'utf8').length).toBeGreaterThan(1000);
  });

  test.each([
    ['in it', { plan: makePlan(1) }],
    ['beside it', { planSummary: summarizePlan(makePlan(1), null) }],
  ])('holds the training fields once there is a plan %s, and the manager always', async (_where, status) => {
    const name = 'settled';
    await create(changed(BAD_MANIFESTS.base, { set: { 'metadata.name': name } }), {});
    const path = jobPath('default', name);
    await place.admin.merge(path, { spec: { recipe: { batchSize: 16 } } });
    // A merge patch takes away what is null, and the schema wants it to be there.
    const progress = makeProgress({
      loss: 1,
      lastCheckpoint: { path: 'checkpoint', iteration: 1, epoch: 1 },
      failure: { reason: 'OutOfMemory', message: 'again', retryable: true },
    });
    await place.admin.merge(`${path}/status`, { status: { ...status, progress } });
    await expect(place.admin.merge(path, { spec: { recipe: { batchSize: 32 } } })).rejects.toThrow(
      'model, data, recipe, multigrid and workers.processesPerWorker cannot change once the job has a plan; create a new job instead',
    );
    await expect(place.admin.merge(path, { spec: { workers: { processesPerWorker: 2 } } })).rejects.toThrow(
      'cannot change once the job has a plan',
    );
    // The status of such a request is none of its own.
    const later = { progress: { heartbeat: '2026-01-01T00:01:00.000Z' } };
    await expect(
      place.admin.merge(path, { spec: { recipe: { batchSize: 32 } }, status: later }),
    ).rejects.toThrow('cannot change once the job has a plan');
    await place.admin.merge(`${path}/status`, { spec: { recipe: { batchSize: 32 } }, status: later });
    expect(numberAt(await place.admin.get(path), 'spec', 'recipe', 'batchSize')).toBe(16);
    await place.admin.merge(path, { spec: { suspend: true, runPolicy: { backoffLimit: 2 } } });
    await expect(place.admin.merge(path, { spec: { managedBy: 'example.org/other' } })).rejects.toThrow(
      'managedBy cannot change',
    );
    await place.admin.remove(path);
  });

  test('scales by the scale subresource', async () => {
    await create(changed(BAD_MANIFESTS.base, { set: { 'metadata.name': 'scaled' } }), {});
    await place.cluster.kubectl(['scale', 'mgtj/scaled', '--replicas=2']);
    expect(
      await place.cluster.kubectl(['get', 'mgtj/scaled', '-o', 'jsonpath={.spec.workers.replicas}']),
    ).toBe('2');
    await place.admin.remove(jobPath('default', 'scaled'));
  });
});
