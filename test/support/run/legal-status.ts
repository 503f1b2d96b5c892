/** What the CRD's schema has against a status: the same check that the API server makes of what operator and trainer write. */
import { validateJob } from '../../../multigrid/api/validate.ts';
import type { FieldError } from '../../../multigrid/api/field-error.ts';
import type { JobStatus } from '../../../multigrid/api/job.ts';
import { makeStoredJob } from './jobs.ts';

export function errorsOfStatus(status: JobStatus): readonly FieldError[] {
  const validation = validateJob({ ...makeStoredJob(), status });
  return validation.ok ? [] : validation.errors;
}
