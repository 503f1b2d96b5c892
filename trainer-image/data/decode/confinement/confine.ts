/**
 * Takes from this process what decoding does not need, before the first video is opened: the network, other programs, other
 * processes' memory (seccomp, all threads), writing files and reading secrets (Landlock, this thread and those it starts).
 * In: nothing but what the kernel offers. Out: what could be taken, and why the rest could not. It cannot be undone.
 * A video that takes the process over still has the videos and what the other processes of its user let it have.
 */
import { closeSync, openSync, readdirSync, realpathSync, constants } from 'node:fs';
import { arch, platform } from 'node:process';
import koffi from 'koffi';
import { type Entry, readablePlaces } from './readable-places.ts';
import { filterOf, systemCallsOf } from './refused-calls.ts';

/** What a decoder process cannot do any more. */
export interface Confinement {
  /** No sockets, no programs, no look into other processes. */
  readonly network: boolean;
  /** No writing, no secrets. */
  readonly files: boolean;
  /** Why something is left open; empty when nothing is. */
  readonly gaps: readonly string[];
}

/** Tokens of a pod, and what other processes of this user have in their environment and memory. */
const CLOSED_PLACES = ['/run/secrets', '/var/run/secrets', '/proc'];

const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_FILTER_FLAG_TSYNC = 1;

const LANDLOCK_CREATE_RULESET = 444;
const LANDLOCK_ADD_RULE = 445;
const LANDLOCK_RESTRICT_SELF = 446;
const CREATE_RULESET_VERSION = 1;
const RULE_PATH_BENEATH = 1;
const READ_FILE = 1n << 2n;
const READ_DIR = 1n << 3n;
/** Rights over files that a ruleset of each version of Landlock can take: index is the version. */
const FILE_RIGHTS = [0n, 0x1fffn, 0x3fffn, 0x7fffn, 0x7fffn, 0xffffn] as const;

type SystemCall = (number: number, ...args: readonly (number | bigint)[]) => number;

export function confine(): Confinement {
  if (platform !== 'linux') {
    return { network: false, files: false, gaps: ['only Linux can confine a process'] };
  }
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load('libc.so.6');
  } catch (error) {
    return { network: false, files: false, gaps: [`no GNU C library: ${String(error)}`] };
  }
  const prctl: SystemCall = library.func('prctl', 'int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']);
  const call: SystemCall = library.func('syscall', 'long', ['long', 'ulong', 'ulong', 'ulong', 'ulong']);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0) {
    return { network: false, files: false, gaps: [`no_new_privs: ${lastError()}`] };
  }
  const gaps = [closeFiles(call), closeNetwork(call)];
  const [files, network] = gaps;
  return {
    network: network === null,
    files: files === null,
    gaps: gaps.filter((gap) => gap !== null),
  };
}

function closeNetwork(call: SystemCall): string | null {
  const calls = systemCallsOf(arch);
  if (calls === null) {
    return `seccomp: the system calls of ${arch} are not known`;
  }
  const filter = filterOf(calls);
  // struct sock_fprog: a length of 16 bits, padding, a pointer.
  const program = Buffer.alloc(16);
  program.writeUInt16LE(filter.length / 8, 0);
  program.writeBigUInt64LE(koffi.address(filter), 8);
  const answer = call(
    calls.seccomp,
    SECCOMP_SET_MODE_FILTER,
    SECCOMP_FILTER_FLAG_TSYNC,
    koffi.address(program),
    0,
  );
  return answer === 0 ? null : `seccomp: ${lastError()}`;
}

function closeFiles(call: SystemCall): string | null {
  const version = call(LANDLOCK_CREATE_RULESET, 0, 0, CREATE_RULESET_VERSION, 0);
  const rights = FILE_RIGHTS[Math.min(version, FILE_RIGHTS.length - 1)];
  if (version < 1 || rights === undefined) {
    return `Landlock: ${lastError()}`;
  }
  const attributes = Buffer.alloc(8);
  attributes.writeBigUInt64LE(rights);
  const ruleset = call(LANDLOCK_CREATE_RULESET, koffi.address(attributes), attributes.length, 0, 0);
  if (ruleset < 0) {
    return `Landlock: ${lastError()}`;
  }
  try {
    for (const path of readablePlaces(CLOSED_PLACES.map(realPath), entriesOf)) {
      permitReading(call, ruleset, path);
    }
    return call(LANDLOCK_RESTRICT_SELF, ruleset, 0, 0, 0) === 0 ? null : `Landlock: ${lastError()}`;
  } finally {
    closeSync(ruleset);
  }
}

/** A place that cannot be opened cannot be read either, with or without a rule. */
function permitReading(call: SystemCall, ruleset: number, path: string): void {
  let place: number;
  try {
    place = openSync(path, O_PATH | constants.O_NOFOLLOW);
  } catch {
    return;
  }
  try {
    for (const rights of [READ_FILE | READ_DIR, READ_FILE]) {
      // struct landlock_path_beneath_attr, packed: rights of 64 bits, a descriptor of 32. A file takes no READ_DIR.
      const rule = Buffer.alloc(12);
      rule.writeBigUInt64LE(rights, 0);
      rule.writeInt32LE(place, 8);
      if (call(LANDLOCK_ADD_RULE, ruleset, RULE_PATH_BENEATH, koffi.address(rule), 0) === 0) {
        return;
      }
    }
  } finally {
    closeSync(place);
  }
}

/** Not in Node's constants. */
const O_PATH = 0o10000000;

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function entriesOf(folder: string): readonly Entry[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isLink: entry.isSymbolicLink(),
    }));
  } catch {
    return [];
  }
}

function lastError(): string {
  const number = koffi.errno();
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === number)?.[0];
  return name ?? `error ${number}`;
}
