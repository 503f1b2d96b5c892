/**
 * What the exit code of a program of ours means: the codes of sysexits.h, and 128 + n for an end by signal n. The trainer
 * answers with them, the operator and its Jobs decide by them whether to try again, the command line passes them on.
 */
export const EXIT = {
  /** Manifest, environment or command line is wrong, or asks for what cannot be. */
  usage: 64,
  /** Data is missing, damaged or does not fit. */
  data: 65,
  /** A file that was named cannot be read. */
  noInput: 66,
  /** Something that is needed is not there: an output that takes nothing, a cluster out of reach. */
  unavailable: 69,
  /** A fault of the program's own. */
  internal: 70,
  /** A process could not be started. */
  notStarted: 71,
  /** A file or folder cannot be made. */
  cannotCreate: 73,
  /** The disk failed. */
  ioError: 74,
  /** It may work later. */
  tryAgain: 75,
  /** The cluster does not allow it. */
  noPermission: 77,
} as const;

const SIGNAL_BASE = 128;

/** Signals that ask a program to end, by the exit code that an end through them gives. */
export const STOP_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Exit code of a trainer that was asked to end and has saved its state. */
export const STOPPED = STOP_CODES.SIGTERM;

/** Codes with which a trainer says that another try would end the same way. */
export const PERMANENT_CODES: readonly number[] = [64, 65, 66, 67, 68, 69];

/** Whether a trainer that ended with this code would end the same way again. */
export function isPermanent(exitCode: number): boolean {
  return PERMANENT_CODES.includes(exitCode);
}

/** Whether the program itself said this code; if not it is 0, or a signal ended the program. */
export function isOwnFailure(exitCode: number): boolean {
  return exitCode > 0 && exitCode < SIGNAL_BASE;
}

/** The code of a program that was ended by the signal of this number. */
export function codeOfSignal(signal: number): number {
  return SIGNAL_BASE + signal;
}
