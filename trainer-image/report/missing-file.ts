/** Tells "there is no such file" from other failures of the file system. Readers of optional files ask it. */
export function isMissingFile(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
