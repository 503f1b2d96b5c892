/**
 * What stays in memory of the lease by which a trainer shows that it lives: its newest renewal, and the rest of it as of any
 * other child. In comes an object of the API server. Whose the lease is, its name says, which no trainer can choose; its
 * labels a trainer could change.
 */
import { isRecord, textAt } from '../../../../multigrid/json/fields.ts';
import { keepChild, type KeptChild } from './kept-child.ts';

export interface KeptLease extends KeptChild {
  /** As the trainer's clock has it, so that it only tells one renewal from the next; null: there was none yet. */
  readonly renewTime: string | null;
}

/** @returns null for what is no object with a name. */
export function keepLease(object: unknown): KeptLease | null {
  const kept = keepChild(withoutRenewal(object));
  return kept === null
    ? null
    : {
        ...kept,
        resourceVersion: textAt(object, 'metadata', 'resourceVersion') ?? '',
        renewTime: textAt(object, 'spec', 'renewTime'),
      };
}

/** A lease as a child among others: renewals make no other version of it. */
export function asChild(lease: KeptLease | null): KeptChild | null {
  return lease === null ? null : { ...lease, resourceVersion: lease.text.toString() };
}

export function isSameChild(one: KeptLease, other: KeptLease): boolean {
  return one.text.equals(other.text);
}

function withoutRenewal(object: unknown): unknown {
  if (!isRecord(object)) {
    return object;
  }
  const { metadata, spec } = object;
  return {
    ...object,
    metadata: without(metadata, ['resourceVersion']),
    spec: without(spec, ['renewTime', 'holderIdentity']),
  };
}

function without(value: unknown, fields: readonly string[]): unknown {
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).filter(([field]) => !fields.includes(field)))
    : value;
}
