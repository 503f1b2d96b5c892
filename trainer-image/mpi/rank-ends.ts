/**
 * How the ranks of a job ended, from what MPI's launcher says. In: its lines and its exit code. Out: an end for every rank. Pure.
 * Once the launcher takes ranks down because of one of them it does not say which was first; who aborts says so, if its last line still arrives.
 */

export type RankEnd =
  | { readonly kind: 'exited'; readonly code: number }
  /** It ended all ranks, with this exit code. */
  | { readonly kind: 'aborted'; readonly code: number }
  /** By somebody, or by the launcher after another rank was killed. */
  | { readonly kind: 'killed'; readonly signal: number }
  /** With the others, in a way that nobody recorded. */
  | { readonly kind: 'lost' };

/**
 * `[mpiexec@host] Exit codes: [host] 0,1792,0`: as `wait` gives them, hosts in the order of their ranks, each but the first on a line
 * of its own.
 */
const STATUSES = /^\[mpiexec@[^\]]*\] Exit codes: (.*)$/;
const NEXT_STATUSES = /^(\[[^\]]*\] \d[\d,]*)$/;
/** What the launcher writes when a rank was killed, for people who started it by hand. */
const BANNER =
  /^(?:=+|= {3}.*|YOUR APPLICATION TERMINATED .*|This typically refers to .*|Please see the FAQ page .*|)$/;
/** What MPI writes for a rank that calls MPI_Abort. */
const ABORTED = /^Abort\((\d+)\) on node \d+ \(rank (\d+) in comm \d+\): application called MPI_Abort/;

export interface LauncherLine {
  /** Null: of the launcher itself. */
  readonly rank: number | null;
  readonly text: string;
}

export class RankEnds {
  readonly #ends: RankEnd[];
  /** The rank whose status comes next; null: none has come. */
  #next: number | null = null;

  constructor(size: number) {
    this.#ends = Array.from({ length: size }, () => ({ kind: 'lost' }));
  }

  /** Takes what it can from a line. @returns whether it was meant for nobody else */
  hear({ rank, text }: LauncherLine): boolean {
    const statuses = rank === null ? this.#statusesIn(text) : undefined;
    if (statuses !== undefined) {
      const numbers = statuses.replaceAll(/\[[^\]]*\]/g, ',').split(/[\s,]+/);
      for (const number of numbers.filter((each) => each !== '')) {
        this.#next ??= 0;
        this.#set(this.#next, endOf(Number(number)));
        this.#next += 1;
      }
      return true;
    }
    const [, code, aborting] = ABORTED.exec(text) ?? [];
    if (rank !== null && Number(aborting) === rank) {
      this.#set(rank, { kind: 'aborted', code: Number(code) });
    }
    return rank === null && BANNER.test(text);
  }

  /** @param code - the launcher's exit code; null when a signal ended it */
  all(code: number | null): readonly RankEnd[] {
    const isWell = code === 0;
    return this.#ends.map((end) => {
      if (end.kind === 'lost' && isWell) {
        return { kind: 'exited', code: 0 };
      }
      // The launcher has 0 for whom it did not wait for.
      return end.kind === 'exited' && end.code === 0 && !isWell ? { kind: 'lost' } : end;
    });
  }

  #statusesIn(text: string): string | undefined {
    return (STATUSES.exec(text) ?? (this.#next === null ? null : NEXT_STATUSES.exec(text)))?.[1];
  }

  #set(rank: number, end: RankEnd): void {
    if (this.#ends[rank] !== undefined && this.#ends[rank].kind !== 'aborted') {
      this.#ends[rank] = end;
    }
  }
}

/** Of a status as `wait` gives it. */
function endOf(status: number): RankEnd {
  const signal = status & 0x7f;
  return signal === 0 ? { kind: 'exited', code: status >> 8 } : { kind: 'killed', signal };
}
