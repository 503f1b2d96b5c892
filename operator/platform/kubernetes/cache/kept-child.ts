/**
 * What stays in memory of the objects that surround the workers of a job (its account, rights, service and policy): their
 * text, packed, so that it can be told whether somebody has changed one. In comes an object of the API server, out comes
 * what the cache holds.
 */
import { JOB_NAME_LABEL } from '../../../../multigrid/contract/names.ts';
import type { Versioned } from '../../../../kube/informer.ts';
import { isRecord, textAt } from '../../../../multigrid/json/fields.ts';

export interface KeptChild extends Versioned {
  readonly namespace: string;
  /** Training job that it belongs to, by its label. */
  readonly jobName: string;
  /** The object as JSON, without what nobody of us has written. */
  readonly text: Buffer;
}

/** @returns null for what is no object with a name. */
export function keepChild(object: unknown): KeptChild | null {
  const name = textAt(object, 'metadata', 'name');
  if (!isRecord(object) || name === null) {
    return null;
  }
  const namespace = textAt(object, 'metadata', 'namespace') ?? '';
  return {
    key: `${namespace}/${name}`,
    namespace,
    resourceVersion: textAt(object, 'metadata', 'resourceVersion') ?? '',
    jobName: textAt(object, 'metadata', 'labels', JOB_NAME_LABEL) ?? '',
    text: Buffer.from(JSON.stringify(object, withoutNoise)),
  };
}

/** What the server alone writes, which is as long as the rest. */
function withoutNoise(field: string, value: unknown): unknown {
  return field === 'managedFields' || field === 'status' ? undefined : value;
}
