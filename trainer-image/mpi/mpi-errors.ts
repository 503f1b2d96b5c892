/**
 * What can go wrong between ranks. In: who, and what was being done. Out: small named errors. After any of them but
 * those that say otherwise the ranks do not agree any more on what comes next: the process ends by aborting all of them.
 */

/** There is no MPI here. */
export class MpiMissingError extends Error {
  override readonly name = 'MpiMissingError';
}

/** MPI's launcher is here and cannot be started. */
export class LauncherFailedError extends Error {
  override readonly name = 'LauncherFailedError';
}

/** A function of MPI failed; the message has its name and MPI's own words. */
export class MpiCallError extends Error {
  override readonly name = 'MpiCallError';
}

/** Two ranks do different things at the same time. */
export class RanksDisagreeError extends Error {
  override readonly name = 'RanksDisagreeError';
}

/** Another rank could not do its part of a step; all came to the step's end, and may do it again. */
export class RankFailedError extends Error {
  override readonly name = 'RankFailedError';
}

/** The ranks have been given up: after an error, or because this one went. */
export class RanksLeftError extends Error {
  override readonly name = 'RanksLeftError';
}

/** Ranks were waited for and did not come. */
export class RanksSilentError extends Error {
  override readonly name = 'RanksSilentError';
  /** Those that were waited for; empty where that cannot be told. */
  readonly ranks: readonly number[];

  constructor(rank: string, doing: string, ranks: readonly number[], limitMs: number) {
    const who =
      ranks.length === 0 ? 'the other ranks' : `${ranks.length > 1 ? 'ranks' : 'rank'} ${ranks.join(', ')}`;
    super(
      `${rank} waited ${limitMs / 1000} s for ${who} (${doing}): a process that ended or hangs, or a network that is gone; ` +
        'see the logs of the ranks that were waited for',
    );
    this.ranks = ranks;
  }
}
