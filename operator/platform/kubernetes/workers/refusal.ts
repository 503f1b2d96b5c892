/**
 * What a refusal by the API server is about. In come its words, out comes a typed reason: they are the only thing in
 * which a quota differs from a policy. Used for refusals of our own requests and of the Job controller's.
 */
import { REASONS } from '../../../status/reasons.ts';

const QUOTA = /exceeded quota|must specify limits|must specify requests|insufficient quota/i;
const OWNED_BY_OTHERS = /only one reference can have controller set to true/i;
const CLAIM = /persistentvolumeclaim .* not found/i;

export function refusalReason(message: string): string {
  if (QUOTA.test(message)) {
    return REASONS.quotaExceeded;
  }
  if (OWNED_BY_OTHERS.test(message)) {
    return REASONS.nameTaken;
  }
  return CLAIM.test(message) ? REASONS.claimMissing : REASONS.admissionRefused;
}
