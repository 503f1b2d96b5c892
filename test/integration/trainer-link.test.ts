/**
 * The trainer's link on a real API server, as the trainer's own service account with the Role that the operator makes for
 * it: what it may write is exactly what arrives, and neither outages nor deletions go by unnoticed.
 */
import { randomUUID } from 'node:crypto';
import { KubeConfig } from '@kubernetes/client-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readJob } from '../../multigrid/api/read-job.ts';
import { directiveFor } from '../../multigrid/directive.ts';
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { summarizePlan } from '../../multigrid/plan/plan-summary.ts';
import { hashOfPlan } from '../../multigrid/plan/plan.ts';
import type { Progress } from '../../multigrid/progress.ts';
import { leaseOf } from '../../operator/workers/lease.ts';
import { planObjectsOf } from '../../operator/workers/plan-object.ts';
import { sha256Hex } from '../../storage/sha256.ts';
import { ApiClient } from '../../kube/api-client.ts';
import { ClusterAccess } from '../../kube/cluster-access.ts';
import { LIFE, REPORTS } from '../../multigrid/contract/timings.ts';
import { ApiServer } from '../../trainer-image/link/cluster/api-server.ts';
import { ClusterJobLink } from '../../trainer-image/link/cluster/cluster-job-link.ts';
import { JobGoneError } from '../../trainer-image/link/cluster/job-api.ts';
import { startControlPlane, whyNoControlPlane, type ControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { installCrd } from '../support/cluster/install-crd.ts';
import { TrainerAccount } from '../support/cluster/trainer-account.ts';
import { makePlan, makeProgress } from '../support/run/jobs.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;

const plan = makePlan(3);
const directive = (generation: number, phase: number) =>
  directiveFor(plan, phase, { generation, workers: 1, microBatch: 0 });
const never = new AbortController().signal;
const PATIENCE_MS = 120_000;

interface Scene {
  readonly account: TrainerAccount;
  readonly link: ClusterJobLink;
  readonly log: string[];
  readonly gone: unknown[];
}

function apiServerOf(job: TrainerAccount, config: KubeConfig): ApiServer {
  const client = new ApiClient({
    access: ClusterAccess.of(config, () => performance.now()),
    now: () => Date.now(),
    sleep: (ms, signal) => sleep(ms, undefined, { signal }),
    random: Math.random,
    userAgent: 'trainer-link.test',
    timeoutMs: REPORTS.requestTimeoutMs,
  });
  return new ApiServer({ client, job, random: Math.random });
}

describeIfPossible("the trainer's link on a real API server", () => {
  let cluster: ControlPlane;

  beforeAll(async () => {
    cluster = await startControlPlane();
    await installCrd(cluster);
  });

  afterAll(() => cluster.down());

  async function withLink(
    work: (scene: Scene) => Promise<void>,
    { hasRights = true }: { readonly hasRights?: boolean } = {},
  ): Promise<void> {
    const namespace = `link-${randomUUID().slice(0, 8)}`;
    await cluster.kubectl(['create', 'namespace', namespace]);
    const account = new TrainerAccount(cluster, namespace);
    await account.makeJob();
    await (hasRights ? account.giveRights() : account.makeAccount());
    const log: string[] = [];
    const gone: unknown[] = [];
    const say = (message: string, fields?: object): void => {
      log.push(`${message} ${JSON.stringify(fields)}`);
    };
    const link = new ClusterJobLink({
      name: 'linked',
      api: apiServerOf(account, await account.config()),
      holder: 'linked-0-abcde',
      isReporter: true,
      onGone: (error) => gone.push(error),
      logger: { info: say, warn: say },
      now: Date.now,
      monotonicNow: () => performance.now(),
      probedMs: () => Number.NEGATIVE_INFINITY,
      sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
      random: Math.random,
    });
    try {
      await work({ account, link, log, gone });
    } finally {
      await link.close(AbortSignal.abort());
      await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    }
  }

  /** Polls until `look` answers with something. */
  function until<T>(what: string, look: () => T | null | Promise<T | null>): Promise<T> {
    return waitUntil(async () => look(), { what, timeoutMs: PATIENCE_MS });
  }

  /** What was reported last, once it is `what`: a report may be on its way when `report` returns. */
  async function reported(
    account: TrainerAccount,
    what: string,
    isIt: (progress: Progress) => boolean,
  ): Promise<Progress> {
    let last: Progress | undefined;
    const look = async (): Promise<Progress | null> => {
      last = (await account.job()).status?.progress;
      return last !== undefined && isIt(last) ? last : null;
    };
    const seen = (): string => JSON.stringify(last);
    return waitUntil(look, { what: `the job to have heard ${what}`, timeoutMs: PATIENCE_MS, seen });
  }

  test('gives plan and directives as the operator writes them, and leaves its parts alone', async () => {
    await withLink(async ({ link, account }) => {
      expect(link.name).toBe('linked');
      const waiting = link.plan();
      await link.report(makeProgress({ generation: 0, state: 'Preparing', trainingClips: 1200 }));
      await account.operatorSays({ plan, directive: directive(1, 0) });
      expect(await waiting).toEqual(plan);
      expect(await link.nextDirective(0, PATIENCE_MS, never)).toEqual(directive(1, 0));
      const next = link.nextDirective(1, PATIENCE_MS, never);
      await account.operatorSays({ plan, directive: directive(2, 1) });
      expect(await next).toEqual(directive(2, 1));
      await reported(account, 'the number of clips', ({ trainingClips }) => trainingClips === 1200);
      const { status, metadata } = await account.job();
      expect(status?.plan).toEqual(plan);
      expect(status?.progress).toMatchObject({
        trainingClips: 1200,
        loss: null,
        lastCheckpoint: null,
        failure: null,
      });
      // The first of them made the status too.
      expect(ownedBy(metadata, 'mgt-progress')).toEqual(['f:status/.', 'f:status/f:progress']);
    });
  });

  test('reads the plan that lies beside the job, as soon as it is there', async () => {
    await withLink(async ({ link, account }) => {
      const real = { ...plan, hash: hashOfPlan(plan, sha256Hex) };
      const reading = link.plan();
      await account.operatorSays({ planSummary: summarizePlan(real, 1200), directive: directive(1, 0) });
      const { apiVersion, kind, metadata, spec } = await account.job();
      const job = { apiVersion, kind, metadata, spec: readJob({ apiVersion, kind, metadata, spec }) };
      for (const child of planObjectsOf({ ...job, status: { plan: real } })) {
        await account.apply(child);
      }
      expect(await reading).toEqual(real);
      // As a run's folder is to have it.
      expect((await link.job()).status).toMatchObject({ plan: real, directive: directive(1, 0) });
    });
  });

  test('renews the lease that the operator makes, and hears by it how long silence may be', async () => {
    await withLink(async ({ account }) => {
      const { apiVersion, kind, metadata, spec } = await account.job();
      const job = { apiVersion, kind, metadata, spec: readJob({ apiVersion, kind, metadata, spec }) };
      await account.apply(leaseOf(job));
      const api = apiServerOf(account, await account.config());
      expect(await api.renewLease({ holder: 'linked-0-abcde', renewedMs: Date.now() }, never)).toBe(
        LIFE.vouchedSilenceMs,
      );
      await api.close();
    });
  });

  test('writes the numbers as they are, and takes away what is no longer true', async () => {
    await withLink(async ({ link, account }) => {
      const failed = makeProgress({
        state: 'Failed',
        loss: Number.NaN,
        failure: { reason: 'LossNotFinite', message: 'x'.repeat(40_000), retryable: false },
        metrics: [
          { name: 'top1', value: 0.5 },
          { name: 'mAP', value: Number.NaN },
        ],
      });
      await link.report(failed);
      const first = await reported(account, 'of the failure', ({ state }) => state === 'Failed');
      expect(first).toMatchObject({ loss: null, metrics: [{ name: 'top1', value: 0.5 }] });
      expect(first.failure?.message).toHaveLength(32_768);
      await link.report(makeProgress({ loss: 0.25, epoch: 1.5, state: 'Training' }));
      const second = await reported(account, 'that it trains', ({ state }) => state === 'Training');
      expect(second).toMatchObject({ loss: 0.25, epoch: 1.5, failure: null, metrics: [] });
    });
  });

  test('goes on over a crash of the API server, and has then said the newest', async () => {
    await withLink(async ({ link, log, account }) => {
      await account.operatorSays({ plan, directive: directive(1, 0) });
      await link.nextDirective(0, PATIENCE_MS, never);
      await cluster.stopApiServer();
      try {
        await link.report(makeProgress({ state: 'Evaluating', iteration: 10 }));
        await link.report(makeProgress({ state: 'Waiting', iteration: 10 }));
        expect(await link.nextDirective(1, 500, never)).toBeNull();
      } finally {
        await cluster.startApiServer();
      }
      await reported(account, 'that it waits', ({ state }) => state === 'Waiting');
      await account.operatorSays({ plan, directive: directive(2, 1) });
      expect(await link.nextDirective(1, PATIENCE_MS, never)).toEqual(directive(2, 1));
      // Said once, not at every try: again in other words, and after a minute.
      const said = log.filter((line) => line.startsWith('the job object cannot be reached'));
      expect(said.length).toBeLessThan(16);
      expect(log.some((line) => line.startsWith('the job object is reachable again'))).toBe(true);
    });
  });

  test('is not held up by an API server that is stuck, and hears of what it missed', async () => {
    await withLink(async ({ link, log, account }) => {
      await account.operatorSays({ plan, directive: directive(1, 0) });
      await link.nextDirective(0, PATIENCE_MS, never);
      await cluster.pauseApiServer();
      try {
        const before = log.length;
        await link.report(makeProgress({ state: 'Evaluating' }));
        // Without its patience it would wait for the request's own limit, whose end is told.
        expect(log.slice(before)).toEqual([]);
      } finally {
        await cluster.resumeApiServer();
      }
      await account.operatorSays({ plan, directive: directive(2, 1) });
      expect(await link.nextDirective(1, PATIENCE_MS, never)).toEqual(directive(2, 1));
      await reported(account, 'that it evaluates', ({ state }) => state === 'Evaluating');
    });
  });

  test('hears that its job is deleted, and does not write into another one of the same name', async () => {
    await withLink(async ({ link, gone, account }) => {
      await link.job();
      await account.deleteJob();
      await account.makeJob();
      await until('the link to hear that its job is gone', () => (gone.length > 0 ? true : null));
      expect(gone).toEqual([expect.any(JobGoneError)]);
      await link.report(makeProgress({ state: 'Stopped' }));
      expect((await account.job()).status?.progress).toBeUndefined();
    });
  });

  test('is told by the server itself when it would write into another job', async () => {
    await withLink(async ({ account }) => {
      // As the administrator: a trainer's rights go with the job, a moment before or after.
      const config = new KubeConfig();
      config.loadFromString(cluster.kubeconfig);
      const api = apiServerOf(account, config);
      await api.read(never);
      await account.deleteJob();
      await expect(api.writeProgress(makeProgress())).rejects.toBeInstanceOf(JobGoneError);
      await account.makeJob();
      await expect(api.writeProgress(makeProgress())).rejects.toBeInstanceOf(JobGoneError);
      expect((await account.job()).status?.progress).toBeUndefined();
    });
  });

  test('says what it may not do, and works once it may', async () => {
    await withLink(
      async ({ link, log, account }) => {
        const waiting = link.job();
        await until('a line that says 403', () => log.find((line) => line.includes('403')) ?? null);
        expect(log[0]).toContain('must allow get and watch of the job');
        await account.giveRights();
        expect((await waiting).metadata.name).toBe('linked');
      },
      { hasRights: false },
    );
  });
});

/** Paths of depth two that a field manager owns. */
function ownedBy(metadata: StoredJob['metadata'], manager: string): readonly string[] {
  const entries: unknown = new Map<string, unknown>(Object.entries(metadata)).get('managedFields');
  if (!Array.isArray(entries)) {
    return [];
  }
  return entries
    .filter((entry: { readonly manager?: string }) => entry.manager === manager)
    .flatMap(({ fieldsV1 }: { readonly fieldsV1: Readonly<Record<string, object>> }) =>
      Object.entries(fieldsV1).flatMap(([outer, inner]) =>
        Object.keys(inner).map((field) => `${outer}/${field}`),
      ),
    );
}
