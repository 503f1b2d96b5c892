/**
 * A rule that ties fields together, beyond what the schema can say. Each is the twin of a CEL rule of the CRD with the
 * same message, so that the command line and the API server refuse the same manifests with the same words.
 */
import type { FieldPath } from '../field-error.ts';

/** A broken rule: where within the section, the CRD's message, and the value with its nearest legal one. */
export interface Violation {
  readonly keys: FieldPath;
  readonly message: string;
  readonly hint?: string;
}

/** Checks one section of a job, valid by the schema and with defaults in. */
export type Rule<Section> = (section: Section) => readonly Violation[];

/** A rule about one condition: broken or not. */
export function violationIf(isBroken: boolean, violation: Violation): readonly Violation[] {
  return isBroken ? [violation] : [];
}
