/** One leader at a time, by nobody's clock; the store is a model of a lease object that may fail. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { VirtualTime } from '../../test/support/virtual-time.ts';
import {
  LeaderElection,
  LeadershipLostError,
  type LeaseEntry,
  type LeaseStore,
  type StoredLease,
} from './leader.ts';

const TIMES = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 };

const NEVER = new Promise<never>(() => undefined);

/** A lease that everybody can reach but those who are cut off. */
class ModelLease {
  stored: StoredLease | null = null;
  readonly cutOff = new Set<string>();
  /** Writes arrive and their answers are lost. */
  readonly deaf = new Set<string>();
  /** Calls get no answer, not even when they are given up. */
  readonly hung = new Set<string>();
  /** The next write arrives, and its answer never comes. */
  losesNextAnswer = false;

  storeFor(identity: string): LeaseStore {
    const reach = (): void => {
      if (this.cutOff.has(identity)) {
        throw new Error('no answer');
      }
    };
    return {
      read: () => {
        return this.hung.has(identity) ? NEVER : Promise.resolve().then(() => (reach(), this.stored));
      },
      write: (entry, version) => {
        const answer = Promise.resolve().then(() => {
          reach();
          return this.#write(entry, version, identity);
        });
        if (this.losesNextAnswer || this.hung.has(identity)) {
          this.losesNextAnswer = false;
          answer.catch(() => undefined);
          return NEVER;
        }
        return answer;
      },
    };
  }

  #write(entry: LeaseEntry, version: string | null, identity: string): string {
    if ((this.stored?.version ?? null) !== version) {
      throw new Error('conflict');
    }
    const next = String(Number(version ?? 0) + 1);
    this.stored = { entry, version: next };
    if (this.deaf.has(identity)) {
      throw new Error('no answer');
    }
    return next;
  }
}

class Replica {
  readonly election: LeaderElection;
  readonly ended: Promise<unknown>;
  isWorking = false;
  readonly #stop = new AbortController();

  readonly #time: VirtualTime;

  constructor(identity: string, lease: ModelLease, time: VirtualTime, skewMs = 0) {
    this.#time = time;
    this.election = new LeaderElection({
      store: lease.storeFor(identity),
      identity,
      times: TIMES,
      monotonicNow: () => time.now() + skewMs,
      wallNow: () => time.now() - 5 * skewMs,
      sleep: time.sleep,
      random: () => 0.5,
      onError: () => undefined,
      onLeading: () => undefined,
    });
    this.ended = this.election
      .run(async (signal) => {
        this.isWorking = true;
        await untilAborted(signal);
        this.isWorking = false;
      }, this.#stop.signal)
      .then(
        () => null,
        (error: unknown) => error,
      );
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    // A lease that cannot be given back is tried for so long.
    await this.#time.pass(TIMES.retryMs);
    await this.ended;
  }
}

function untilAborted(signal: AbortSignal): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  if (signal.aborted) {
    resolve(undefined);
  }
  signal.addEventListener('abort', () => {
    resolve(undefined);
  });
  return promise;
}

describe('leadership', () => {
  test('goes to one, and to the next at once when that one ends in order', async () => {
    const [lease, time] = [new ModelLease(), new VirtualTime()];
    const a = new Replica('a', lease, time);
    await time.pass(10);
    const b = new Replica('b', lease, time, 3_600_000);
    await time.pass(60_000);
    expect([a.isWorking, b.isWorking]).toEqual([true, false]);
    expect(lease.stored?.entry).toMatchObject({ holder: 'a', transitions: 0 });
    await a.stop();
    await time.pass(TIMES.retryMs + 1);
    expect([a.isWorking, b.isWorking]).toEqual([false, true]);
    expect(lease.stored?.entry).toMatchObject({ holder: 'b', transitions: 1 });
    await b.stop();
  });

  test('is given up by one that is cut off before the next takes it', async () => {
    const [lease, time] = [new ModelLease(), new VirtualTime()];
    const a = new Replica('a', lease, time);
    await time.pass(10);
    const b = new Replica('b', lease, time);
    await time.pass(5000);
    lease.cutOff.add('a');
    await time.pass(TIMES.renewDeadlineMs + TIMES.retryMs + 1);
    expect([a.isWorking, b.isWorking, a.election.isLeading]).toEqual([false, false, false]);
    expect(await a.ended).toBeInstanceOf(LeadershipLostError);
    await time.pass(TIMES.leaseMs);
    expect(b.isWorking).toBe(true);
    await b.stop();
  });

  test.each(['cutOff', 'hung'] as const)(
    'ends at the deadline of one that is %s, long before the next may begin',
    async (how) => {
      const [lease, time] = [new ModelLease(), new VirtualTime()];
      const a = new Replica('a', lease, time);
      await time.pass(2 * TIMES.retryMs);
      const renewedMs = lease.stored?.entry.renewedMs ?? 0;
      const b = new Replica('b', lease, time);
      lease[how].add('a');
      await time.pass(renewedMs + TIMES.renewDeadlineMs - time.now() - 1);
      expect([a.isWorking, a.election.isLeading]).toEqual([true, true]);
      await time.pass(1);
      expect([a.isWorking, a.election.isLeading]).toEqual([false, false]);
      await time.pass(TIMES.leaseMs + TIMES.retryMs * 2);
      expect([a.isWorking, b.isWorking]).toEqual([false, true]);
      expect(await a.ended).toBeInstanceOf(LeadershipLostError);
      await b.stop();
    },
  );

  test('goes on from a write that arrived though its answer never came', async () => {
    const [lease, time] = [new ModelLease(), new VirtualTime()];
    const a = new Replica('a', lease, time);
    await time.pass(10);
    for (let round = 0; round < 3; round += 1) {
      lease.losesNextAnswer = true;
      await time.pass(TIMES.renewDeadlineMs);
      expect([a.isWorking, a.election.isLeading]).toEqual([true, true]);
    }
    await a.stop();
  });

  test('survives answers that are lost, as long as some get through', async () => {
    const [lease, time] = [new ModelLease(), new VirtualTime()];
    const a = new Replica('a', lease, time);
    await time.pass(10);
    for (let round = 0; round < 5; round += 1) {
      lease.deaf.add('a');
      await time.pass(4000);
      lease.deaf.delete('a');
      await time.pass(4000);
    }
    expect(a.isWorking).toBe(true);
    await a.stop();
  });

  test('is never in two hands, whatever is cut off and however the clocks differ', async () => {
    const step = fc.record({
      who: fc.constantFrom('a', 'b', 'c'),
      what: fc.constantFrom('cut', 'join', 'deafen', 'hang'),
      ms: fc.integer({ min: 0, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.array(fc.integer({ min: -1e7, max: 1e7 }), { minLength: 3, maxLength: 3 }),
        async (steps, skews) => {
          const [lease, time] = [new ModelLease(), new VirtualTime()];
          const replicas = ['a', 'b', 'c'].map((name, index) => new Replica(name, lease, time, skews[index]));
          for (const { who, what, ms } of steps) {
            play(lease, who, what);
            for (let passed = 0; passed < ms; passed += 1000) {
              await time.pass(1000);
              expect(replicas.filter(({ isWorking }) => isWorking).length).toBeLessThanOrEqual(1);
              expect(replicas.filter(({ election }) => election.isLeading).length).toBeLessThanOrEqual(1);
            }
          }
          await Promise.all(replicas.map((replica) => replica.stop()));
        },
      ),
      { numRuns: 100 },
    );
  });
});

function play(lease: ModelLease, who: string, what: string): void {
  if (what === 'cut') {
    lease.cutOff.add(who);
  } else if (what === 'deafen') {
    lease.deaf.add(who);
  } else if (what === 'hang') {
    lease.hung.add(who);
  } else {
    lease.hung.delete(who);
    lease.cutOff.delete(who);
    lease.deaf.delete(who);
  }
}
