/**
 * Starts the ranks of a job by MPI's launcher hydra, on this machine or on others. In: a command, how many, and an environment.
 * Out: their lines, each with its rank, and how every rank ended. Signals to the launcher (SIGTERM, SIGINT) reach all ranks once
 * they run. On one machine a second SIGINT, or the launcher's end by SIGKILL, takes them down; on others that is for whoever
 * started the proxies there.
 *
 * Ranks of one machine speak through shared memory, and listen on the loopback interface only. Hydra's own port is open on all
 * interfaces while the job runs.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { signalChild } from '../native/signal-child.ts';
import { LauncherFailedError } from './mpi-errors.ts';
import { RankEnds, type LauncherLine, type RankEnd } from './rank-ends.ts';

export interface RanksCommand {
  /** Hydra's `mpiexec`. */
  readonly mpiexec: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly ranks: number;
  /** All that the ranks get to see, beside what MPI tells them; where they run on other hosts, all that the launcher does. */
  readonly env: Readonly<Record<string, string>>;
  /** Where they are to run; left out: here. */
  readonly hosts?: RankHosts;
}

/** Hosts on which somebody else starts hydra's proxies: the launcher says how, in lines that begin with `HYDRA_LAUNCH`. */
export interface RankHosts {
  /** Name of this host for the proxies. */
  readonly here: string;
  /** `name:ranks` of each, in the order of the ranks. */
  readonly list: readonly string[];
}

export interface RankLine extends LauncherLine {
  readonly stream: 'stdout' | 'stderr';
}

export interface RanksEnd {
  /** Exit code of the launcher: that of a rank that aborted, the signal's number of one that was killed. Null: killed itself. */
  readonly code: number | null;
  /** By rank. */
  readonly ranks: readonly RankEnd[];
}

export interface RunningRanks {
  /** Passes a signal on to all ranks. */
  kill(signal: NodeJS.Signals): void;
  /** Rejects with a LauncherFailedError when the launcher cannot be started. */
  readonly ended: Promise<RanksEnd>;
}

/** Ranks of several machines speak TCP, through the provider that starts fastest. */
export const OVER_TCP = { MPIR_CVAR_CH4_NETMOD: 'ofi', FI_PROVIDER: 'tcp' } as const;
/** Where MPI may look for other machines; it does so before it knows that there are none. */
const ONE_MACHINE = { ...OVER_TCP, FI_TCP_IFACE: 'lo' };

/** What the ranks of a job on this machine need to see of its environment. */
const PASSED_ON =
  /^(?:PATH|HOME|TMPDIR|LANG|LC_\w+|TZ|NODE_\w+|UV_THREADPOOL_SIZE|MULTIGRID_\w+|LD_LIBRARY_PATH|(?:CUDA|NVIDIA|NCCL)_\w+)$/;

/** The part of an environment that ranks may see: no secrets of other programs. */
export function environmentOfRanks(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.test(entry[0]),
    ),
  );
}

/** @param onLine - takes lines as they come; those of one rank are in order. */
export function startRanks(command: RanksCommand, onLine: (line: RankLine) => void): RunningRanks {
  const { mpiexec, file, args, ranks, env, hosts } = command;
  const launcher = spawn(
    mpiexec,
    // Its own launcher and host list, whatever batch system this machine belongs to.
    [
      ...(hosts === undefined ? ['-launcher', 'fork'] : elsewhere(hosts)),
      ...['-rmk', 'user', '-prepend-rank', '-print-all-exitcodes', '-n', String(ranks), file, ...args],
    ],
    { env: hosts === undefined ? { ...env, ...ONE_MACHINE } : env, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  // Nothing is ever written: it ends when this process does, and tells the first rank so.
  launcher.stdin.on('error', () => undefined);
  const ends = new RankEnds(ranks);
  const hear = (stream: RankLine['stream'], text: string): void => {
    const line = { ...readLine(text), stream };
    if (!ends.hear(line)) {
      onLine(line);
    }
  };
  eachLine(launcher.stdout, (text) => {
    hear('stdout', text);
  });
  eachLine(launcher.stderr, (text) => {
    hear('stderr', text);
  });
  const ended = new Promise<RanksEnd>((resolve, reject) => {
    launcher.once('error', (error) => {
      reject(new LauncherFailedError(`${mpiexec} cannot be started: ${error.message}`, { cause: error }));
    });
    launcher.once('close', (code) => {
      resolve({ code, ranks: ends.all(code) });
    });
  });
  return {
    kill: (signal) => {
      signalChild(launcher, signal);
    },
    ended,
  };
}

/** Ranks keep the environment of their own host: the launcher's would be sent to all of them. */
function elsewhere({ here, list }: RankHosts): readonly string[] {
  return ['-launcher', 'manual', '-localhost', here, '-hosts', list.join(','), '-genvnone'];
}

/** A line with who wrote it. Lines of the trainer's log name their rank themselves, those of the launcher the launcher. */
export function attributed({ rank, text }: LauncherLine): string {
  return rank === null || text.startsWith('{') ? text : `[rank ${rank}] ${text}`;
}

function eachLine(input: Readable, onLine: (text: string) => void): void {
  createInterface({ input, crlfDelay: Infinity }).on('line', onLine);
}

/** `[2] text` is a line of rank 2. */
function readLine(line: string): LauncherLine {
  const [, rank, text = ''] = /^\[(\d+)\] (.*)$/s.exec(line) ?? [];
  return rank === undefined ? { rank: null, text: line } : { rank: Number(rank), text };
}
