/**
 * What an error of the operating system says about a disk. In comes anything that was thrown, by Node or as a number by
 * a library, out comes whether it passes by itself, lasts until a person does something, or is no trouble of the disk at
 * all. The one table of the project. Node has no name for some of these errors (ESTALE, EDQUOT: its code is then
 * "Unknown system error -116"), so numbers count before names.
 */
import { constants } from 'node:os';

/** `passing`: the same call succeeds later. `lasting`: it does not before somebody acts. */
export type Trouble = 'passing' | 'lasting';

/** A server that is away, a mount that is being replaced, a table that is full for the moment. */
const PASSING = new Set([
  ...['EIO', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT', 'EREMOTEIO', 'ESHUTDOWN', 'ENOLINK'],
  ...['EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETUNREACH', 'ENETRESET', 'ECONNRESET', 'ECONNREFUSED'],
  ...['EMFILE', 'ENFILE', 'EAGAIN', 'EINTR', 'EBUSY', 'ENOLCK', 'ENOBUFS'],
]);

/** Full, read-only, forbidden. */
const LASTING = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM']);

/** Of Linux, and not among Node's constants. */
const MORE_NUMBERS = { ESHUTDOWN: 108, EHOSTDOWN: 112, EREMOTEIO: 121 };

const NAMES = new Map<number, string>([
  ...Object.entries(MORE_NUMBERS).map(([name, number]) => [number, name] as const),
  ...Object.entries(constants.errno).map(([name, number]) => [number, name] as const),
  // Two names of one number.
  [constants.errno.EAGAIN, 'EAGAIN'],
]);

/** The name of an error's number, such as `ESTALE` for -116 or 116; null when it is no error of the system. */
export function errorName(errno: number): string | null {
  return NAMES.get(Math.abs(errno)) ?? null;
}

/** A disk's error that came as a number, or that a file's surroundings show. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  /** Such as `EIO`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The name of the system's error that this is or was caused by, such as `ENOSPC`; null when there is none. */
export function systemErrorName(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) {
    return null;
  }
  const own = ownName(error);
  return own ?? ('cause' in error ? systemErrorName(error.cause) : null);
}

function ownName(error: object): string | null {
  const errno = 'errno' in error && typeof error.errno === 'number' ? errorName(error.errno) : null;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return errno ?? (/^E[A-Z0-9]+$/.test(code) ? code : null);
}

/** What kind of trouble an error is, by itself or by what caused it; null: none of the disk's, or an unknown one. */
export function troubleOf(error: unknown): Trouble | null {
  return troubleNamed(systemErrorName(error));
}

/** @param name - such as `ESTALE` */
export function troubleNamed(name: string | null): Trouble | null {
  if (name === null) {
    return null;
  }
  return PASSING.has(name) ? 'passing' : LASTING.has(name) ? 'lasting' : null;
}

/** Whether there is no such file, or no folder where its path says. */
export function isMissing(error: unknown): boolean {
  const name = systemErrorName(error);
  return name === 'ENOENT' || name === 'ENOTDIR';
}
