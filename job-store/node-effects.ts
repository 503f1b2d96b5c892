/**
 * The real effects for a job file opened by the operator on this machine: Node's file system, this process, the clock.
 */
import { randomUUID } from 'node:crypto';
import { renameSync, statSync, watch } from 'node:fs';
import * as fs from 'node:fs/promises';
import { hostname } from 'node:os';
import { callIfStillThere, sleep } from '../timing/timers.ts';
import type { JobFileEffects } from './file-effects.ts';

export const nodeEffects: JobFileEffects = {
  fs,
  instant: { statSync, renameSync },
  watch,
  process,
  host: hostname(),
  sleep,
  callIfStillThere,
  now: Date.now,
  monotonicNow: () => performance.now(),
  uniqueId: randomUUID,
};
