/**
 * Several operators and one cluster: whichever dies, at whatever moment, another goes on, and nothing is done twice. The
 * leader is killed about 200 times, in several groups at once that have a namespace and a lease of their own each; their
 * clocks are up to two hours apart.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { numberAt, textAt } from '../../multigrid/json/fields.ts';
import { whyNoControlPlane } from '../cluster/cluster.ts';
import { waitUntil } from '../cluster/control-plane/wait-until.ts';
import { clusterJob, JobProbe } from '../support/cluster/cluster-job.ts';
import { DirectiveRecord, everyPhaseOnce, liveWhole } from '../support/cluster/job-life.ts';
import { JobCluster } from '../support/cluster/job-cluster.ts';
import { QUICK_LEASE, TestOperator } from '../support/cluster/test-operator.ts';

const describeIfPossible = whyNoControlPlane() === null ? describe : describe.skip;
const PHASES = 10;
const GROUPS = 6;
const JOBS_PER_GROUP = 3;
/** A leader dies after each of the 11 steps in a job's life. */
const KILLS = GROUPS * JOBS_PER_GROUP * 11;
const LONGEST_SKEW_MS = 3_600_000;
/** So that it dies before, in the middle of and after what it does. */
const LONGEST_LIFE_MS = 120;

/** Two replicas; a killed one is replaced by a new one with a name and a clock of its own. */
class Replicas {
  kills = 0;
  readonly #kubeconfigPath: string;
  readonly #namespace: string;
  #isStopping = false;
  #all: TestOperator[] = [];
  #names = 0;

  constructor(kubeconfigPath: string, namespace: string) {
    this.#kubeconfigPath = kubeconfigPath;
    this.#namespace = namespace;
    this.#add();
    this.#add();
  }

  async killLeader(): Promise<void> {
    await sleep(Math.random() * LONGEST_LIFE_MS);
    const leader = await waitUntil(() => Promise.resolve(this.#findLeader()), {
      what: 'a leader',
      timeoutMs: 120_000,
      periodMs: 10,
    });
    await leader.crash();
    this.kills += 1;
  }

  #findLeader(): TestOperator | null {
    return this.#all.find(({ operator }) => operator.isLeading) ?? null;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#all.map((operator) => operator.stop()));
  }

  #add(): void {
    this.#names += 1;
    const skewMs = (Math.random() * 2 - 1) * LONGEST_SKEW_MS;
    const operator = TestOperator.start({
      kubeconfigPath: this.#kubeconfigPath,
      identity: `replica-${this.#names}`,
      now: () => Date.now() + skewMs,
      config: { namespaces: [this.#namespace], lease: { ...QUICK_LEASE, namespace: this.#namespace } },
    });
    this.#all.push(operator);
    void operator.ended.then(() => {
      this.#replace(operator);
    });
  }

  /** As a kubelet does. On a busy machine one that could not renew its lease in time has ended by itself. */
  #replace(ended: TestOperator): void {
    if (!this.#isStopping) {
      this.#all = this.#all.filter((other) => other !== ended);
      this.#add();
    }
  }
}

describeIfPossible('several operators', () => {
  let place: JobCluster;

  beforeAll(async () => {
    place = await JobCluster.start(2);
  });

  afterAll(() => place.down());

  async function livesUnderDyingLeaders(group: number): Promise<number> {
    const space = await place.admin.namespace(`group-${group}`);
    const replicas = new Replicas(place.cluster.kubeconfigPath, space);
    try {
      for (let number = 0; number < JOBS_PER_GROUP; number += 1) {
        const job = await JobProbe.create(place.admin, space, clusterJob(`job-${number}`));
        const version = textAt(await job.read(), 'metadata', 'resourceVersion') ?? '';
        const record = new DirectiveRecord(place.admin, job, version);
        await liveWhole(place.admin, job, { afterStep: () => replicas.killLeader() });
        expect(await record.end()).toEqual(everyPhaseOnce(PHASES));
        expect(await job.pods()).toHaveLength(1);
        expect(await job.statusField('restarts')).toBeUndefined();
      }
      await nothingWasToldTwice(space);
      return replicas.kills;
    } finally {
      await replicas.stop();
    }
  }

  async function nothingWasToldTwice(space: string): Promise<void> {
    const events = await place.admin.list(`/apis/events.k8s.io/v1/namespaces/${space}/events`);
    const ours = events.filter((event) => textAt(event, 'regarding', 'kind') === 'MultigridTrainingJob');
    expect(ours.length).toBeGreaterThan(0);
    expect(ours.filter((event) => (numberAt(event, 'series', 'count') ?? 1) > 1)).toEqual([]);
  }

  test('of whom the leader is killed again and again do nothing twice and miss nothing', async () => {
    const groups = Array.from({ length: GROUPS }, (_, group) => livesUnderDyingLeaders(group));
    const kills = await Promise.all(groups);
    expect(kills.reduce((sum, count) => sum + count, 0)).toBe(KILLS);
  }, 3_600_000);

  test('of whom one ends in order hand over at once, without waiting for the lease to run out', async () => {
    const space = await place.admin.namespace('handover');
    const long = { ...QUICK_LEASE, namespace: space, leaseMs: 600_000, renewDeadlineMs: 500_000 };
    const start = (identity: string) =>
      TestOperator.start({ ...place.cluster, identity, config: { namespaces: [space], lease: long } });
    const first = start('first');
    const leads = (operator: TestOperator) =>
      waitUntil(() => Promise.resolve(operator.operator.isLeading ? true : null), {
        what: 'it to lead',
        timeoutMs: 120_000,
      });
    await leads(first);
    const second = start('second');
    await first.stop();
    expect(first.failure).toBeNull();
    await leads(second);
    await second.stop();
  });

  test('of whom the leader loses its lease to another stop before that one begins', async () => {
    const space = await place.admin.namespace('robbed');
    // Long enough that it does not lose the lease by being slow.
    const lease = { ...QUICK_LEASE, namespace: space, leaseMs: 600_000, renewDeadlineMs: 500_000 };
    const robbed = TestOperator.start({ ...place.cluster, config: { namespaces: [space], lease } });
    await waitUntil(() => Promise.resolve(robbed.operator.isLeading ? true : null), {
      what: 'it to lead',
      timeoutMs: 120_000,
    });
    const path = `/apis/coordination.k8s.io/v1/namespaces/${space}/leases/${lease.name}`;
    await place.admin.merge(path, { spec: { holderIdentity: 'thief' } });
    await robbed.ended;
    expect(String(robbed.failure)).toContain('another replica has taken the lease');
    expect(textAt(await place.admin.get(path), 'spec', 'holderIdentity')).toBe('thief');
    await robbed.stop();
  });
});
