/**
 * Signals to child processes. In: a child that was asked for, and a signal. Out: nothing; one that could not be started gets none. It
 * has process number 0 until its error is told, and the system takes a signal to 0 as one to this whole process group.
 */

/** What is used of a ChildProcess. */
export interface Child {
  /** Undefined: it could not be started. */
  readonly pid?: number | undefined;
  kill(signal: NodeJS.Signals): boolean;
}

export function signalChild(child: Child, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) {
    child.kill(signal);
  }
}
