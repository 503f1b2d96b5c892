import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ApiError, ApiUnreachableError } from '../../../kube/api-errors.ts';
import { LIFE, REPORTS } from '../../../multigrid/contract/timings.ts';
import { VirtualTime } from '../../../test/support/virtual-time.ts';
import { keepLease } from './keep-lease.ts';
import { RenewalTimes } from './renewal-times.ts';

/** What becomes of a renewal, and how long that takes. */
interface Answer {
  readonly error?: Error;
  readonly afterMs?: number;
}

interface Renewed {
  readonly sentMs: readonly number[];
  /** When the server had heard of them. */
  readonly heardMs: readonly number[];
  readonly times: RenewalTimes;
}

const refused = (status: number): Error => new ApiError('PATCH lease', status, { message: 'no' }, null);
const away = new ApiUnreachableError('PATCH lease', new Error('connect ECONNREFUSED'));

interface Circumstances {
  /** Of reports, which arrive at once. */
  readonly reportsMs?: readonly number[];
  /** When the kubelet last probed the trainer. @defaultValue never */
  readonly probedMs?: (nowMs: number) => number;
  /** What the lease says. */
  readonly allowedSilenceMs?: number | null;
}

/** Renewals for so long; answers from `answerAt`. */
async function renewals(
  forMs: number,
  answerAt: (sentMs: number, index: number) => Answer,
  {
    reportsMs = [],
    probedMs = () => Number.NEGATIVE_INFINITY,
    allowedSilenceMs = LIFE.vouchedSilenceMs,
  }: Circumstances = {},
): Promise<Renewed> {
  const time = new VirtualTime();
  const times = new RenewalTimes(() => probedMs(time.now()));
  const over = new AbortController();
  const sentMs: number[] = [];
  const heardMs: number[] = [];
  const renewLease = async (): Promise<number | null> => {
    const startedMs = time.now();
    const { error, afterMs = 0 } = answerAt(startedMs, sentMs.length);
    sentMs.push(startedMs);
    if (afterMs > 0) {
      await time.sleep(Math.min(afterMs, REPORTS.requestTimeoutMs));
    }
    if (error !== undefined || afterMs > REPORTS.requestTimeoutMs) {
      throw error ?? away;
    }
    heardMs.push(time.now());
    return allowedSilenceMs;
  };
  const { now, sleep } = time;
  const kept = keepLease(
    { renewLease },
    { holder: 'pod', now, monotonicNow: now, sleep, times },
    over.signal,
  );
  for (const atMs of [...reportsMs, forMs]) {
    await time.pass(atMs - time.now());
    if (atMs < forMs) {
      times.reported(atMs);
    }
  }
  over.abort();
  await time.pass(REPORTS.requestTimeoutMs);
  await kept;
  return { sentMs, heardMs, times };
}

const FINE: Answer = {};
const RENEW_MS = LIFE.renewMs;

describe('the lease of a trainer', () => {
  test('is renewed at the same pace however long a renewal takes', async () => {
    const { sentMs } = await renewals(2 * RENEW_MS + 2000, () => ({ afterMs: 3000 }));
    expect(sentMs).toEqual([0, RENEW_MS, 2 * RENEW_MS]);
  });

  test('is not renewed soon after a report, which is a word too', async () => {
    const reportsMs = [25_000, 50_000, 75_000];
    const { sentMs } = await renewals(80_000, () => FINE, { reportsMs });
    expect(sentMs).toEqual([0, ...[0, 25_000, 50_000].map((atMs) => atMs + RENEW_MS)]);
  });

  test('is renewed again soon where that failed, and beside one that has no answer', async () => {
    const failing = await renewals(RENEW_MS + 8000, (sentMs) =>
      sentMs >= RENEW_MS && sentMs < RENEW_MS + 4000 ? { error: away } : FINE,
    );
    expect(failing.sentMs).toEqual([0, RENEW_MS, RENEW_MS + 2000, RENEW_MS + 4000]);
    const slow = await renewals(2 * RENEW_MS, (_, index) => (index === 1 ? { afterMs: 60_000 } : FINE));
    expect(slow.sentMs).toEqual([0, RENEW_MS, RENEW_MS + LIFE.renewUnansweredMs]);
  });

  test('is renewed at an easy pace by a trainer that is late anyway', async () => {
    const isAway = (sentMs: number): boolean => sentMs >= RENEW_MS;
    const answers: readonly Answer[] = [{ error: away }, { afterMs: 60_000 }];
    for (const answer of answers) {
      const { sentMs } = await renewals(200_000, (at) => (isAway(at) ? answer : FINE));
      // Without the one that was under way when it became late.
      const late = sentMs.filter((at) => at >= LIFE.silenceMs).slice(1);
      const pauses = late.slice(1).map((at, index) => at - (late[index] ?? 0));
      expect(pauses).toEqual(pauses.map(() => RENEW_MS));
      expect(pauses.length).toBeGreaterThan(5);
    }
  });

  test('that is not there, or not this trainer’s, is told and tried again, whatever reports say meanwhile', async () => {
    const answers: readonly Answer[] = [{ error: refused(404) }, { error: refused(403) }, FINE];
    const reportsMs = [8000, 16_000, 24_000];
    const before = await renewals(RENEW_MS + 2000, (_, index) => answers[index] ?? FINE, {
      reportsMs: reportsMs.slice(0, 2),
    });
    expect(before.times.isKept).toBe(false);
    const after = await renewals(2 * RENEW_MS + 2000, (_, index) => answers[index] ?? FINE, { reportsMs });
    expect(after.sentMs).toEqual([0, RENEW_MS, 2 * RENEW_MS]);
    expect(after.times.isKept).toBe(true);
  });

  test.each([away, refused(503), refused(429)])('may be there when the server answers %s', async (error) => {
    expect((await renewals(3000, () => ({ error }))).times.isKept).toBe(true);
  });
});

/** The kubelet probes every six seconds, until `untilMs`. */
const probes =
  (untilMs = Number.POSITIVE_INFINITY) =>
  (nowMs: number): number =>
    LIFE.probeMs * Math.floor(Math.min(nowMs, untilMs) / LIFE.probeMs);

describe('the lease of a trainer that its kubelet probes', () => {
  test('is renewed less often', async () => {
    const { sentMs } = await renewals(2 * LIFE.renewProbedMs - 1, () => FINE, { probedMs: probes() });
    expect(sentMs).toEqual([0, LIFE.renewProbedMs]);
  });

  test('is renewed as if there were no probes when these come no longer', async () => {
    const lastMs = 2 * LIFE.probeMs;
    const { sentMs } = await renewals(50_000, () => FINE, { probedMs: probes(lastMs) });
    const firstMs = lastMs + LIFE.probedMs;
    expect(sentMs).toEqual([0, firstMs, firstMs + RENEW_MS]);
  });

  test.each([LIFE.silenceMs, null])(
    'is renewed as if there were no probes where it says %s of how long silence may be',
    async (allowedSilenceMs) => {
      const circumstances = { probedMs: probes(), allowedSilenceMs };
      const { sentMs } = await renewals(2 * RENEW_MS + 2000, () => FINE, circumstances);
      expect(sentMs).toEqual([0, RENEW_MS, 2 * RENEW_MS]);
    },
  );
});

/** Silence that counted then. */
const SILENCE_AT_TEN_SECONDS_MS = 25_000;

/** When the second word was heard of a trainer that renewed every ten seconds, one renewal at a time. */
function heardAtTenSeconds(answers: readonly [Answer, Answer]): number {
  const heard = ({ error, afterMs = 0 }: Answer, sentMs: number): number =>
    error !== undefined || afterMs > REPORTS.requestTimeoutMs ? Number.POSITIVE_INFINITY : sentMs + afterMs;
  return Math.min(heard(answers[0], 10_000), heard(answers[1], 20_000));
}

describe.each([
  { of: 'is not probed', silenceMs: LIFE.silenceMs, circumstances: {} },
  { of: 'answers its kubelet', silenceMs: LIFE.vouchedSilenceMs, circumstances: { probedMs: probes() } },
])('a trainer that is well and $of', ({ silenceMs, circumstances }) => {
  const answer = fc.oneof(
    fc.record({ afterMs: fc.integer({ min: 0, max: 30_000 }) }),
    fc.record({ afterMs: fc.integer({ min: 0, max: 10_000 }), error: fc.constant(away) }),
  );

  test('is called silent in no case in which it was not when it renewed every ten seconds', async () => {
    await fc.assert(
      fc.asyncProperty(answer, answer, async (first, second) => {
        fc.pre(heardAtTenSeconds([first, second]) <= SILENCE_AT_TEN_SECONDS_MS);
        const answers: readonly Answer[] = [FINE, first, second];
        // What comes after those two is lost: they have to do.
        const answerAt = (_: number, index: number): Answer => answers[index] ?? { error: away };
        const { heardMs } = await renewals(silenceMs, answerAt, circumstances);
        expect(heardMs[1] ?? Infinity).toBeLessThanOrEqual(silenceMs);
      }),
    );
  });

  test('is heard in time over any ten seconds in which nothing arrives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 60_000 }), async (startMs) => {
        const isAway = (sentMs: number): boolean => sentMs > startMs && sentMs <= startMs + 10_000;
        const answerAt = (sentMs: number): Answer => (isAway(sentMs) ? { error: away } : FINE);
        const { heardMs } = await renewals(150_000, answerAt, circumstances);
        const gaps = heardMs.slice(1).map((atMs, index) => atMs - (heardMs[index] ?? 0));
        expect(Math.max(...gaps)).toBeLessThan(silenceMs);
      }),
    );
  });
});
