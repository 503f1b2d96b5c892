/**
 * Observations for tests of decisions: a job with a plan of three phases whose workers run, changed in one place by each
 * test.
 */
import { readJob } from '../../../multigrid/api/read-job.ts';
import type { JobStatus } from '../../../multigrid/api/job.ts';
import { LIFE } from '../../../multigrid/contract/timings.ts';
import { type Directive, directiveFor } from '../../../multigrid/directive.ts';
import type { Condition } from '../../../multigrid/object/job-object.ts';
import type { Progress } from '../../../multigrid/progress.ts';
import type { Awaited } from '../../../operator/controller/deadline-clock.ts';
import { decide } from '../../../operator/controller/decide.ts';
import type { Decision } from '../../../operator/controller/decision.ts';
import { awaitedOf, type Observation } from '../../../operator/controller/observation.ts';
import type { Silence } from '../../../operator/runtime/silence-watch.ts';
import type { EndCause, TrainingJob, Workers } from '../../../operator/platform/platform.ts';
import { makeManifestSpec, makePlan, makeProgress, makeStoredJob } from './jobs.ts';

/** When the workers of these tests began. */
export const SINCE_MS = Date.parse('2026-01-01T00:00:00Z');
/** Ten seconds later: when the decision is made. */
export const NOW_MS = SINCE_MS + 10_000;
export const PLAN = makePlan(3);

export const RUNNING: Extract<Workers, { readonly state: 'running' }> = {
  state: 'running',
  id: 'trainer-1',
  sinceMs: SINCE_MS,
  askedMs: SINCE_MS,
  replicas: 1,
  ready: 1,
  isStopping: false,
  trouble: null,
};

/** They cannot, for their image. */
export const STARTING: Extract<Workers, { readonly state: 'starting' }> = {
  state: 'starting',
  id: 'trainer-1',
  sinceMs: SINCE_MS,
  replicas: 1,
  reason: 'ImagePullFailed',
  message: 'no such image',
  isStuck: true,
  isHeld: false,
  isOutdated: false,
  isOverdue: false,
};

export const ABSENT: Workers = { state: 'absent' };

export function ended(
  exitCode: number,
  log = '',
  cause: EndCause | null = null,
): Extract<Workers, { readonly state: 'ended' }> {
  const times = { sinceMs: SINCE_MS, endedMs: NOW_MS - 1000 };
  return {
    state: 'ended',
    id: 'trainer-1',
    ...times,
    ...{ exitCode, cause, log },
    isLingering: false,
    next: null,
  };
}

export function directive(generation: number, phase: number): Directive {
  return directiveFor(PLAN, phase, { generation, workers: 1, microBatch: 0 });
}

/** Progress reported a second before the decision. */
export function progressNow(change: Partial<Progress> = {}): Progress {
  return makeProgress({ heartbeat: new Date(NOW_MS - 1000).toISOString(), iteration: 5, ...change });
}

export interface ObservationChange {
  readonly spec?: object;
  readonly status?: JobStatus;
  readonly workers?: Workers;
  readonly endedPods?: Observation['endedPods'];
  readonly damage?: Observation['damage'];
  readonly clips?: Observation['clips'];
  /** When the progress of `status` arrived. @defaultValue its heartbeat */
  readonly reportedMs?: number;
  readonly interruption?: string;
  readonly nowMs?: number;
  /** @defaultValue what the clock of `nowMs` says */
  readonly leftMs?: number;
  /** @defaultValue since the progress of `status` arrived */
  readonly unheardMs?: number;
  /** @defaultValue `LIFE.silenceMs` */
  readonly allowedSilenceMs?: number;
}

export function observation(change: ObservationChange = {}): Observation {
  const stored = makeStoredJob('observed', makeManifestSpec(change.spec));
  const job: TrainingJob = {
    ...stored,
    metadata: { ...stored.metadata, generation: 3 },
    spec: readJob(stored),
    status: { plan: PLAN, directive: directive(1, 0), ...change.status },
  };
  const seen = {
    job,
    workers: change.workers ?? RUNNING,
    endedPods: change.endedPods ?? [],
    damage: change.damage ?? null,
    clips: change.clips ?? null,
    reportedMs: change.reportedMs ?? heartbeatOf(change.status),
  };
  const nowMs = change.nowMs ?? NOW_MS;
  return {
    ...seen,
    selector: null,
    interruption: change.interruption ?? null,
    nowMs,
    leftMs: change.leftMs ?? leftOf(awaitedOf(seen), nowMs),
    ...silenceOf(change, seen.reportedMs, nowMs),
  };
}

function silenceOf(
  { unheardMs, allowedSilenceMs = LIFE.silenceMs }: ObservationChange,
  reportedMs: number | null,
  nowMs: number,
): Silence {
  return { unheardMs: unheardMs ?? (reportedMs === null ? null : nowMs - reportedMs), allowedSilenceMs };
}

function leftOf(awaited: Awaited | null, nowMs: number): number | null {
  return awaited === null ? null : awaited.sinceMs + awaited.deadlineMs - nowMs;
}

function heartbeatOf(status: JobStatus | undefined): number | null {
  return status?.progress === undefined ? null : Date.parse(status.progress.heartbeat);
}

/** The observation one look later: the decision's status is written, the rest as told. */
export function after(
  before: Observation,
  decision: Decision,
  change: Partial<Observation> = {},
): Observation {
  const { progress } = before.job.status ?? {};
  const status = { ...decision.status, ...(progress === undefined ? {} : { progress }) };
  return { ...before, job: { ...before.job, status }, ...change };
}

export function conditionOf(decision: Decision, type: string): Condition | undefined {
  return decision.status.conditions?.find((condition) => condition.type === type);
}

/** A condition in a few words, as in `Running=True WorkersReady`. */
export function conditionsInWords({ status }: Decision): readonly string[] {
  return (status.conditions ?? []).map(({ type, status: holds, reason }) => `${type}=${holds} ${reason}`);
}

export const decided = (change: ObservationChange): Decision => decide(observation(change));
