/**
 * A decoder that outlives its processes: jobs go in, outcomes come out; a process that dies or hangs is replaced, the
 * job it died over is tried again, and a file that has cost three processes is refused from then on. The pool holds one
 * for every core it may use.
 */
import type { ClipRequest } from '../clip-request.ts';
import { type ClipJob, type ClipOutcome, DecoderStartError } from './clip-decoder.ts';
import type { FailureReason } from './clip-failure.ts';
import type { ClipGeometry } from '../clip-request.ts';
import type { ClipMakerSettings } from './clip-maker.ts';
import { DeathLedger } from './death-ledger.ts';
import { type ChildEvents, DecoderChild } from './decoder-child.ts';
import type { ResultHeader } from './protocol.ts';
import { waitsForDisk } from './silent-process.ts';
import { SilenceTimer } from './silence-timer.ts';

export interface DecoderProcessSettings extends ClipMakerSettings {
  /** How long a process may stay silent over one clip, milliseconds. */
  readonly clipTimeoutMs: number;
}

/** Jobs that a process may have at a time: enough that it never waits, few enough that an abort is felt soon. */
const MOST_SENT = 32;
const REFILL_BELOW = 16;
const STARTS_ALLOWED = 3;

interface PendingJob extends ClipJob {
  readonly resolve: (outcome: ClipOutcome) => void;
  readonly reject: (error: Error) => void;
}

interface LateJob {
  readonly job: PendingJob;
  readonly isWaiting: boolean;
}

export class DecoderProcess {
  readonly counters = { clips: 0, cacheHits: 0, failures: 0, restarts: 0, cachedMs: 0, uncachedMs: 0 };
  readonly #settings: DecoderProcessSettings;
  readonly #deaths = new DeathLedger();
  readonly #silence: SilenceTimer;
  /** Not with the process yet. */
  #waiting: PendingJob[] = [];
  /** With the process, which works on the first. */
  #sent: PendingJob[] = [];
  /** Of the process that is there now; taken anew with every process. */
  #ready = Promise.withResolvers<undefined>();
  readonly #stopped = Promise.withResolvers<undefined>();
  #state: 'starting' | 'ready' | 'stopping' | 'ended' = 'starting';
  #child: DecoderChild;
  #failedStarts = 0;
  #startError: DecoderStartError | null = null;
  /** The job that a process was killed over for its silence, and whether it only waited for a disk. */
  #late: LateJob | null = null;
  #failureText = new Uint8Array(0);
  #gaps: readonly string[] = [];
  /** The job for which a process is replaced by one that is confined anew. */
  #renewedFor: PendingJob | null = null;
  #isRenewing = false;
  #isPumpDue = false;

  constructor(settings: DecoderProcessSettings, nowMs: () => number) {
    this.#settings = settings;
    this.#silence = new SilenceTimer(settings.clipTimeoutMs, nowMs, () => {
      void this.#endSilent();
    });
    this.#child = this.#spawn();
  }

  /**
   * Resolves when the present process takes jobs, also when the decoder has ended.
   *
   * @throws {@link DecoderStartError} when processes died three times in a row before they were ready.
   */
  whenReady(): Promise<undefined> {
    return this.#ready.promise;
  }

  /** Of the process that is running now. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What the process that is running now could not be kept from; empty when nothing. */
  get gaps(): readonly string[] {
    return this.#gaps;
  }

  decode(job: ClipJob): Promise<ClipOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<ClipOutcome>();
    this.#waiting.push({ ...job, resolve, reject });
    if (!this.#isPumpDue) {
      this.#isPumpDue = true;
      // Jobs asked for in one turn go down in one message.
      queueMicrotask(() => {
        this.#isPumpDue = false;
        this.#pump();
      });
    }
    return promise;
  }

  /** Ends the process; pending jobs come back cancelled. */
  async stop(): Promise<void> {
    if (this.#state === 'starting' || this.#state === 'ready') {
      this.#state = 'stopping';
      this.#child.kill();
    }
    await this.#stopped.promise;
  }

  #spawn(): DecoderChild {
    // Whoever does not ask whether it starts hears of a failure by their jobs.
    this.#ready.promise.catch(() => undefined);
    const events: ChildEvents = {
      ready: (gaps) => {
        this.#gaps = gaps;
        this.#becomeReady();
      },
      heard: () => {
        this.#silence.heard();
      },
      begin: (header) => this.#begin(header),
      end: (header) => {
        this.#end(header);
      },
      gone: (how) => {
        this.#replace(how);
      },
    };
    return new DecoderChild(this.#settings, events);
  }

  #becomeReady(): void {
    if (this.#state === 'starting') {
      this.#state = 'ready';
      this.#failedStarts = 0;
      this.#ready.resolve(undefined);
      this.#pump();
    }
  }

  /** Sends waiting jobs, several at a time. */
  #pump(): void {
    if (this.#state === 'ended') {
      this.#settleAll();
      return;
    }
    // What a stopping process has is settled when it is gone: until then its results still come in.
    if (this.#state !== 'ready' || this.#sent.length >= REFILL_BELOW) {
      return;
    }
    const jobs: PendingJob[] = [];
    while (this.#waiting.length > 0 && this.#sent.length + jobs.length < MOST_SENT) {
      const job = this.#waiting.shift()!;
      if (!this.#isSettledUnsent(job)) {
        jobs.push(job);
      }
    }
    if (jobs.length === 0) {
      return;
    }
    if (this.#sent.length === 0) {
      this.#silence.start();
    }
    this.#sent.push(...jobs);
    this.#child.sendJobs(jobs.map(({ path, request }) => ({ path, clip: geometryOf(request) })));
  }

  #isSettledUnsent(job: PendingJob): boolean {
    const refusal = this.#deaths.refusalOf(job.path);
    if (job.signal.aborted) {
      job.resolve({ kind: 'cancelled' });
    } else if (refusal !== undefined) {
      this.counters.failures += 1;
      job.resolve({ kind: 'failed', ...refusal });
    } else {
      return false;
    }
    return true;
  }

  #begin(header: ResultHeader): Uint8Array | null {
    if (this.#isRenewing) {
      // What a process says after it was given up belongs to jobs that the next one does anew.
      return null;
    }
    if (header.failure !== null) {
      this.#failureText = new Uint8Array(header.length);
      return this.#failureText;
    }
    const job = this.#sent[0]!;
    return job.signal.aborted ? null : job.target;
  }

  #end(header: ResultHeader): void {
    if (this.#isRenewing) {
      return;
    }
    if (header.failure === 'CONFINED' && this.#renewedFor !== this.#sent[0]) {
      this.#renewedFor = this.#sent[0]!;
      this.#isRenewing = true;
      this.#child.kill();
      return;
    }
    const job = this.#sent.shift()!;
    if (this.#sent.length === 0) {
      this.#silence.stop();
    }
    if (header.failure === null) {
      this.#count(header);
      job.resolve(
        job.signal.aborted ? { kind: 'cancelled' } : { kind: 'clip', isCacheHit: header.isCacheHit },
      );
    } else {
      this.counters.failures += 1;
      const message = Buffer.from(this.#failureText).toString('utf8');
      job.resolve(outcomeOf(header.failure, message));
    }
    this.#pump();
  }

  #count({ isCacheHit, micros }: ResultHeader): void {
    this.counters.clips += 1;
    if (isCacheHit) {
      this.counters.cacheHits += 1;
      this.counters.cachedMs += micros / 1000;
    } else {
      this.counters.uncachedMs += micros / 1000;
    }
  }

  /** The process is gone: start another one, unless that is what was wanted. */
  #replace(how: string): void {
    this.#silence.stop();
    const late = this.#late;
    this.#late = null;
    if (this.#state === 'stopping') {
      this.#becomeEnded();
      return;
    }
    if (this.#state === 'starting') {
      this.#failedStarts += 1;
      if (this.#failedStarts >= STARTS_ALLOWED) {
        this.#startError = new DecoderStartError(how);
        this.#ready.reject(this.#startError);
        this.#becomeEnded();
        return;
      }
    } else {
      this.#blame(how, late);
      this.#ready = Promise.withResolvers<undefined>();
    }
    this.#state = 'starting';
    this.counters.restarts += 1;
    this.#waiting = [...this.#sent, ...this.#waiting];
    this.#sent = [];
    this.#child = this.#spawn();
  }

  /** Notes the death against the job that was being worked on; a late one may have come in at the last moment. */
  #blame(how: string, late: LateJob | null): void {
    const [current] = this.#sent;
    const isRenewed = this.#isRenewing;
    this.#isRenewing = false;
    if (current === undefined || isRenewed) {
      return;
    }
    const message = `nothing came within ${this.#settings.clipTimeoutMs} ms`;
    if (late === null) {
      this.#deaths.note(current.path, { reason: 'CRASHED', message: how });
    } else if (late.job === current && late.isWaiting) {
      this.#sent.shift();
      current.resolve({ kind: 'diskError', code: 'ETIMEDOUT', message });
    } else if (late.job === current) {
      this.#deaths.note(current.path, { reason: 'TIMEOUT', message });
    }
  }

  /** Ends a process that has been silent for too long, unless its answer comes while one looks why. */
  async #endSilent(): Promise<void> {
    const child = this.#child;
    const job = this.#sent[0];
    if (job === undefined) {
      return;
    }
    const isWaiting = await waitsForDisk(child.pid, job.path);
    if (child !== this.#child) {
      return;
    }
    if (job !== this.#sent[0]) {
      if (this.#sent.length > 0) {
        this.#silence.start();
      }
      return;
    }
    this.#late = { job, isWaiting };
    child.kill();
  }

  #becomeEnded(): void {
    this.#state = 'ended';
    this.#settleAll();
    this.#ready.resolve(undefined);
    this.#stopped.resolve(undefined);
  }

  #settleAll(): void {
    const error = this.#startError;
    for (const job of [...this.#sent, ...this.#waiting]) {
      if (error === null) {
        job.resolve({ kind: 'cancelled' });
      } else {
        job.reject(error);
      }
    }
    this.#sent = [];
    this.#waiting = [];
  }
}

/** @param text - for the disk's errors the system's name, a blank and a sentence */
function outcomeOf(failure: FailureReason | 'DISK' | 'CONFINED', text: string): ClipOutcome {
  if (failure !== 'DISK' && failure !== 'CONFINED') {
    return { kind: 'failed', reason: failure, message: text };
  }
  const end = text.indexOf(' ');
  return { kind: 'diskError', code: text.slice(0, end), message: text.slice(end + 1) };
}

function geometryOf({
  frames,
  stride,
  temporalDraw,
  cropSize,
  shortSide,
  crop,
  changes,
}: ClipRequest): ClipGeometry {
  return { frames, stride, temporalDraw, cropSize, shortSide, crop, changes };
}
