/**
 * Who holds a lock, as it stands in the lock's file, and whether that very process still runs. In come effects and
 * texts, out come owners and answers. Process numbers mean something in one table of processes only, so an owner says
 * which one its number is of.
 */
import { hasFields, isRecord, isText, parsedJson } from '../multigrid/json/fields.ts';
import { hasCode } from '../storage/error-code.ts';
import type { JobFileEffects } from './file-effects.ts';
import { type JobIdentity, jobInWords, readIdentity } from '../multigrid/object/job-identity.ts';

export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the kernel's own unit; empty where the system does not say. */
  readonly started: string;
  /** Unique to this holding of the lock. */
  readonly token: string;
  /** Which boot of which kernel, and which set of processes in it, `pid` is of; empty where the system does not say. */
  readonly table?: string;
  /** Uid of the pod, in a cluster. */
  readonly pod?: string;
  /** The job that is worked for, where there is one. */
  readonly job?: JobIdentity;
}

/** What an owner says of itself beside its process. */
export type LockBearer = Partial<Pick<LockOwner, 'pod' | 'job'>>;

/** The owner that this process is. */
export async function thisOwner(
  { process: { pid }, fs, host, uniqueId }: Pick<JobFileEffects, 'process' | 'fs' | 'host' | 'uniqueId'>,
  bearer: LockBearer = {},
): Promise<LockOwner> {
  const started = (await processEntry(pid, fs))?.started ?? '';
  const token = uniqueId();
  const table = await processTable(fs);
  return { pid, host, started, token, table, ...bearer };
}

/** As in `process 7 on train-0-x2x5z of job team-a/first (uid 4a1c…)`. */
export function ownerInWords({ pid, host, job }: LockOwner): string {
  return `process ${pid} on ${host}${job === undefined ? '' : ` of job ${jobInWords(job)}`}`;
}

/**
 * Whether the processes of both are in one table, so that one can ask about the other. Where a system does not name its
 * table, the name of the machine has to do.
 */
export function isOfSameTable(
  owner: Pick<LockOwner, 'host' | 'table'>,
  self: Pick<LockOwner, 'host' | 'table'>,
): boolean {
  const { table = '' } = owner;
  const isNamed = table !== '' && (self.table ?? '') !== '';
  return owner.host === self.host && (!isNamed || table === self.table);
}

/** Whether the very process that took the lock still runs: a number alone may have been given to another since. */
export async function isSameProcessAlive(
  owner: Pick<LockOwner, 'pid' | 'started'>,
  { process, fs }: Pick<JobFileEffects, 'process' | 'fs'>,
): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) {
      return false;
    }
  }
  const entry = await processEntry(owner.pid, fs);
  if (entry === null) {
    return true;
  }
  return !entry.isZombie && (owner.started === '' || entry.started === owner.started);
}

/** Null when its owner has created the file and not yet written its name, or has ended in between. */
export function parseOwner(text: string): LockOwner | null {
  const value = parsedJson(text);
  return isOwner(value) ? value : null;
}

/**
 * The boot and the set of processes. A restart of the machine makes another boot; containers have sets of their own, and a
 * set's number is given anew only when nobody is left in it.
 */
async function processTable(fs: JobFileEffects['fs']): Promise<string> {
  try {
    const boot = (await fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    return boot === '' ? '' : `${boot}/${await fs.readlink('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

/** A process in Linux's process table; null where there is no such table and the number alone must do. */
async function processEntry(
  pid: number,
  fs: JobFileEffects['fs'],
): Promise<{ readonly started: string; readonly isZombie: boolean } | null> {
  try {
    const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces; state and start time come after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { started: fields[19] ?? '', isZombie: fields[0] === 'Z' };
  } catch {
    return null;
  }
}

const TEXTS = ['host', 'started', 'token'];
/** Not in locks of earlier versions. */
const OPTIONAL_TEXTS = ['table', 'pod'];

function isOwner(value: unknown): value is LockOwner {
  return (
    isRecord(value) &&
    hasFields(value, 'number', ['pid']) &&
    hasFields(value, 'string', TEXTS) &&
    OPTIONAL_TEXTS.every((name) => !(name in value) || isText(value[name])) &&
    (!('job' in value) || readIdentity(value['job']) !== null) &&
    // It becomes part of a file's name.
    /^[\w-]+$/.test(String(value['token']))
  );
}
