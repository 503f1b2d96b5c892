/**
 * What a refusal by the API server is about. In come its words, out comes a typed reason with them, and what to do where
 * that is a field of the manifest: words are the only thing in which a quota differs from a policy, and one kind of quota
 * from another.
 */
import { TRAINER_CONTAINER } from '../../../../multigrid/contract/trainer-pod.ts';
import { REASONS } from '../../../status/reasons.ts';
import type { Finding } from '../../platform.ts';

/** Of a quota on limits or requests, about containers that have none: no waiting helps. */
const UNSAID = /must specify (?<what>.+)$/i;
const QUOTA = /exceeded quota|insufficient quota/i;
const OWNED_BY_OTHERS = /only one reference can have controller set to true/i;
const CLAIM = /persistentvolumeclaim .* not found/i;

/** @param message - in the words of the API server */
export function refusalOf(message: string): Finding {
  const unsaid = UNSAID.exec(message)?.groups?.['what'];
  if (unsaid !== undefined) {
    return { reason: REASONS.quotaNeedsResources, message: `${message}; ${adviceFor(unsaid)}` };
  }
  return { reason: reasonFor(message), message };
}

function reasonFor(message: string): string {
  if (QUOTA.test(message)) {
    return REASONS.quotaExceeded;
  }
  if (OWNED_BY_OTHERS.test(message)) {
    return REASONS.nameTaken;
  }
  return CLAIM.test(message) ? REASONS.claimMissing : REASONS.admissionRefused;
}

/** @param unsaid - as in `limits.cpu for: trainer,proxy; memory for: trainer`; a bare name is that of a request */
function adviceFor(unsaid: string): string {
  const missing = unsaid.split(';').map((part) => {
    const [resource = '', containers = ''] = part.split(' for: ');
    const name = resource.trim();
    return {
      field: /^(?:limits|requests)\./.test(name) ? name : `requests.${name}`,
      containers: containers.split(',').map((container) => container.trim()),
    };
  });
  const ours = missing.filter(({ containers }) => containers.includes(TRAINER_CONTAINER));
  const others = new Set(missing.flatMap(({ containers }) => containers));
  others.delete(TRAINER_CONTAINER);
  return [
    ...(ours.length > 0 ? [`set ${ours.map(({ field }) => `workers.resources.${field}`).join(', ')}`] : []),
    ...(others.size > 0
      ? [`whatever injects the container ${[...others].join(', ')} has to set them there`]
      : []),
    'a LimitRange with defaults in the namespace also works',
  ].join('; ');
}
