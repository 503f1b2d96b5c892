/**
 * From any object to the filled spec of a job, or one error with everything that is wrong. What the operator and the
 * trainer start from; the command line, which wants line numbers too, starts from `manifest.ts`.
 */
import { fillSpec } from './defaults.ts';
import type { FieldError } from './field-error.ts';
import type { FilledSpec } from './filled-spec.ts';
import { validateJob } from './validate.ts';

/** The object is no legal job. The message lists every error, one a line. */
export class InvalidJobError extends Error {
  override readonly name = 'InvalidJobError';
  readonly errors: readonly FieldError[];

  constructor(errors: readonly FieldError[]) {
    super(
      ['the job is not valid:', ...errors.map(({ path, message }) => `  ${path}: ${message}`)].join('\n'),
    );
    this.errors = errors;
  }
}

/**
 * The filled spec of a job.
 *
 * @param job the whole object, apiVersion to spec; a status is checked too and otherwise left alone
 * @throws InvalidJobError when it breaks the schema or a rule.
 */
export function readJob(job: unknown): FilledSpec {
  const validation = validateJob(job);
  if (!validation.ok) {
    throw new InvalidJobError(validation.errors);
  }
  return fillSpec(validation.job.spec);
}
