/** Tells one error of the operating system from others, whoever threw it. */

/** Whether an error of the operating system is the one of this name, e.g. `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
