/**
 * Closes what was opened: all of it, in reverse order, also when a later step fails; and no error of closing ever takes the
 * place of the one that ended the work, as it would with `using` alone. In: work that says of everything it opens how that is
 * closed. Out: the work's result or its error.
 */

/** What has been opened so far. */
export interface Opened {
  /**
   * Takes a resource into care; gives it back for use.
   *
   * @param what - in the words of a log: "the decoders".
   */
  keep<Resource>(
    what: string,
    resource: Resource,
    close: (resource: Resource) => Promise<void> | void,
  ): Resource;
}

/**
 * Does the work and then closes everything that it opened.
 *
 * @param onFailure - told of everything that could not be closed.
 * @throws what the work throws; the first error of closing only when the work ended well.
 */
export async function closingAll<Result>(
  work: (opened: Opened) => Promise<Result>,
  onFailure: (what: string, error: unknown) => void,
): Promise<Result> {
  const stack = new AsyncDisposableStack();
  const failures: unknown[] = [];
  const opened: Opened = {
    keep: (what, resource, close) => {
      stack.defer(async () => {
        try {
          await close(resource);
        } catch (error) {
          failures.push(error);
          onFailure(what, error);
        }
      });
      return resource;
    },
  };
  let result: Result;
  try {
    result = await work(opened);
  } finally {
    await stack.disposeAsync();
  }
  if (failures.length > 0) {
    throw failures[0];
  }
  return result;
}
