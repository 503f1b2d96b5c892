/**
 * What was thrown, as a text: anything can be thrown, and not all of it is an error. In comes anything, out comes what it says.
 */
export function messageOf(thrown: unknown): string {
  return Error.isError(thrown) ? thrown.message : String(thrown);
}
