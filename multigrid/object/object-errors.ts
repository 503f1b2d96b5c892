/**
 * What can go wrong with a job file. Each class says what is wrong, with which file, and what to do; the command line
 * prints the message as it is.
 */

/** The job file is missing, unreadable, or not a MultigridTrainingJob. */
export class JobFileError extends Error {
  override readonly name = 'JobFileError';
  readonly path: string;
  constructor(path: string, what: string, options?: ErrorOptions) {
    super(`${path}: ${what}`, options);
    this.path = path;
  }
}

/** There is no job file at this path. */
export class JobFileMissingError extends JobFileError {
  constructor(path: string) {
    super(path, 'the job file does not exist; the run folder was moved, deleted, or never started');
  }
}

/** A job file is already there where a new one was to be written. */
export class JobFileExistsError extends JobFileError {
  constructor(path: string) {
    super(path, 'a job is already recorded here; use --resume or choose another folder');
  }
}

/** Somebody else wrote between the read and the write: read again and decide anew. */
export class JobConflictError extends JobFileError {
  constructor(path: string, expected: string, found: string, options?: ErrorOptions) {
    super(
      path,
      `the job changed meanwhile (resourceVersion ${found}, expected ${expected}); read it again`,
      options,
    );
  }
}

/** A writer touched a part of the object that belongs to another writer. */
export class ForeignFieldError extends JobFileError {
  constructor(path: string, writer: string, field: string) {
    super(path, `${writer} may not write ${field}: every field of the object has one writer`);
  }
}
