/**
 * One leader among several replicas. In comes a lease that all of them can read and write, out comes leadership: work
 * runs only while this replica holds the lease. Nobody's clock is trusted: whether the other one is gone is judged by
 * how long its entry has not changed as seen from here, and whether this one still leads by how long ago its own last
 * renewal was sent. It stops leading `renewDeadlineMs` after that, whatever the store does, and nobody takes over before
 * `leaseMs`: the time between is for what it sent last to arrive. Knows no kind of object.
 */

/** What stands in the lease. Times are for people; no decision rests on them. */
export interface LeaseEntry {
  /** Empty: nobody holds it. */
  readonly holder: string;
  /** How long others have to wait after the last change before they may take it, milliseconds. */
  readonly durationMs: number;
  /** How often the holder has changed. */
  readonly transitions: number;
  /** When this holder took it and when it renewed it last, milliseconds since 1970 by the holder's clock. */
  readonly acquiredMs: number;
  readonly renewedMs: number;
}

export interface StoredLease {
  readonly entry: LeaseEntry;
  /** Changes with every write. */
  readonly version: string;
}

export interface LeaseStore {
  /** Null: there is none yet. */
  read(signal: AbortSignal): Promise<StoredLease | null>;
  /**
   * Writes if the lease still is of `version` (null: if there is none yet).
   *
   * @returns the new version
   * @throws anything when it was not written, or nobody knows whether it was.
   */
  write(entry: LeaseEntry, version: string | null, signal: AbortSignal): Promise<string>;
}

export interface LeaderOptions {
  readonly store: LeaseStore;
  /** This replica's name; no two replicas ever have the same. */
  readonly identity: string;
  /** @defaultValue 15 s, 10 s, 2 s */
  readonly times?: LeaderTimes;
  /** Milliseconds by a clock that never goes back or stands still, and has no other meaning. */
  readonly monotonicNow: () => number;
  /** Milliseconds since 1970, written for people. */
  readonly wallNow: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  /** Told of every look at the lease that failed. */
  readonly onError: (error: unknown) => void;
  readonly onLeading: (isLeading: boolean) => void;
}

export interface LeaderTimes {
  /** Others may take over this long after the last renewal that they saw. */
  readonly leaseMs: number;
  /** A leader that could not renew for this long stops at that moment; shorter than `leaseMs`. */
  readonly renewDeadlineMs: number;
  /** Between looks at the lease. */
  readonly retryMs: number;
}

/** The lease was not answered for in time; whether a write arrived, nobody knows. */
class LeaseTimeoutError extends Error {
  override readonly name = 'LeaseTimeoutError';
}

/** This replica could not renew its lease in time: another one may lead by now. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
}

const DEFAULT_TIMES: LeaderTimes = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 };
/** Share of a look's time that replicas differ by, so that they do not all look at the same moment. */
const JITTER = 0.2;
const NEVER = new AbortController().signal;

export class LeaderElection {
  readonly #options: LeaderOptions;
  readonly #times: LeaderTimes;
  #seen: { readonly version: string; readonly atMs: number } | null = null;
  #held: { readonly entry: LeaseEntry; readonly version: string; readonly renewedAtMs: number } | null = null;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#times = options.times ?? DEFAULT_TIMES;
  }

  /** Whether what is sent now arrives before anybody else can take the lease, or as good as. */
  get isLeading(): boolean {
    return this.#leftMs() > 0;
  }

  /**
   * Waits for the lease and runs `lead` while it is held; gives it back at the end.
   *
   * @param lead - works until its signal aborts; what it throws ends the leadership
   * @throws LeadershipLostError when the lease could not be renewed in time; the signal of `lead` was aborted first.
   */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    if (!(await this.#acquire(signal))) {
      return;
    }
    const lost = new AbortController();
    const finished = new AbortController();
    this.#options.onLeading(true);
    try {
      // Work that has been told to end still needs the lease until it has; a lease that is lost ends the work.
      const [renewal, worked] = await Promise.allSettled([
        this.#renew(finished.signal).finally(() => {
          lost.abort();
        }),
        lead(AbortSignal.any([signal, lost.signal])).finally(() => {
          finished.abort();
        }),
      ]);
      for (const part of [worked, renewal]) {
        if (part.status === 'rejected') {
          throw part.reason;
        }
      }
    } finally {
      this.#options.onLeading(false);
      await this.#release();
    }
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      try {
        if (await this.#tryToTake(signal)) {
          return true;
        }
      } catch (error) {
        this.#report(error, signal);
      }
      await this.#pause(signal);
    }
    return false;
  }

  async #tryToTake(signal: AbortSignal): Promise<boolean> {
    const { identity, store, wallNow, monotonicNow } = this.#options;
    const found = await this.#inTime((limit) => store.read(limit), this.#callMs, signal);
    if (found !== null && !this.#mayTake(found)) {
      return false;
    }
    const nowMs = wallNow();
    const sentAtMs = monotonicNow();
    const entry: LeaseEntry = {
      holder: identity,
      durationMs: this.#times.leaseMs,
      transitions: found === null ? 0 : found.entry.transitions + 1,
      acquiredMs: nowMs,
      renewedMs: nowMs,
    };
    const version = await this.#inTime(
      (limit) => store.write(entry, found?.version ?? null, limit),
      this.#callMs,
      signal,
    );
    this.#held = { entry, version, renewedAtMs: sentAtMs };
    return true;
  }

  #mayTake({ entry, version }: StoredLease): boolean {
    const nowMs = this.#options.monotonicNow();
    if (this.#seen?.version !== version) {
      this.#seen = { version, atMs: nowMs };
    }
    // Its own name in it: a write of which nobody knew whether it arrived.
    const isFree = entry.holder === '' || entry.holder === this.#options.identity;
    return isFree || nowMs - this.#seen.atMs >= entry.durationMs;
  }

  /** Renews until the signal aborts. @throws LeadershipLostError */
  async #renew(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#pause(signal, this.#leftMs());
      if (signal.aborted) {
        return;
      }
      try {
        await this.#renewOnce(signal);
      } catch (error) {
        if (error instanceof LeadershipLostError) {
          throw error;
        }
        this.#report(error, signal);
      }
      if (!this.isLeading) {
        const seconds = Math.round(this.#times.renewDeadlineMs / 1000);
        throw new LeadershipLostError(`the lease could not be renewed for ${seconds} s`);
      }
    }
  }

  async #renewOnce(signal: AbortSignal): Promise<void> {
    const held = this.#held;
    if (held === null) {
      throw new LeadershipLostError('another replica has taken the lease');
    }
    const { store, identity, monotonicNow, wallNow } = this.#options;
    const entry = { ...held.entry, renewedMs: wallNow() };
    const sentAtMs = monotonicNow();
    try {
      const version = await this.#inTime(
        (limit) => store.write(entry, held.version, limit),
        Math.min(this.#callMs, this.#leftMs()),
        signal,
      );
      this.#held = { entry, version, renewedAtMs: sentAtMs };
    } catch (error) {
      // Perhaps a write of our own arrived without an answer; then the newest version is ours and is the one to go on from.
      const found = await this.#inTime((limit) => store.read(limit), this.#leftMs(), signal);
      if (found?.entry.holder !== identity) {
        this.#held = null;
        throw new LeadershipLostError('another replica has taken the lease', { cause: error });
      }
      this.#held = { ...held, entry: found.entry, version: found.version };
      throw error;
    }
  }

  async #release(): Promise<void> {
    const held = this.#held;
    this.#held = null;
    if (held === null) {
      return;
    }
    const entry = { ...held.entry, holder: '', renewedMs: this.#options.wallNow() };
    try {
      const { store } = this.#options;
      await this.#inTime((limit) => store.write(entry, held.version, limit), this.#times.retryMs);
    } catch (error) {
      // Nobody is worse off than after a crash: the others wait for the lease to run out.
      this.#options.onError(error);
    }
  }

  /** What is left of the time to lead unless the lease is renewed, milliseconds. */
  #leftMs(): number {
    return this.#held === null
      ? 0
      : this.#held.renewedAtMs + this.#times.renewDeadlineMs - this.#options.monotonicNow();
  }

  /** Time for one call: one that hangs must leave time for another. */
  get #callMs(): number {
    return this.#times.renewDeadlineMs / 2;
  }

  /** @throws LeaseTimeoutError after `limitMs`, also when the call does not heed its signal. */
  async #inTime<T>(
    call: (signal: AbortSignal) => Promise<T>,
    limitMs: number,
    signal: AbortSignal = NEVER,
  ): Promise<T> {
    const [limit, answered] = [new AbortController(), new AbortController()];
    const late = this.#options
      .sleep(Math.max(0, limitMs), AbortSignal.any([signal, answered.signal]))
      .then(() => {
        limit.abort();
        throw new LeaseTimeoutError(`no answer about the lease within ${Math.round(limitMs)} ms`);
      });
    try {
      return await Promise.race([call(AbortSignal.any([signal, limit.signal])), late]);
    } finally {
      answered.abort();
    }
  }

  #report(error: unknown, signal: AbortSignal): void {
    if (!signal.aborted) {
      this.#options.onError(error);
    }
  }

  /** @param mostMs - the pause is cut to this */
  async #pause(signal: AbortSignal, mostMs = Number.POSITIVE_INFINITY): Promise<void> {
    const { retryMs } = this.#times;
    const ms = retryMs * (1 - JITTER + 2 * JITTER * this.#options.random());
    await this.#options.sleep(Math.max(0, Math.min(ms, mostMs)), signal).catch(() => {
      // Aborted: the loops see it.
    });
  }
}
