/**
 * Numbers that the reference's own code gave, from test/vectors. In: a file's name. Out: its cases, whose
 * form the caller knows.
 */
import { readFileSync } from 'node:fs';

export function vectorsOf(name: string): readonly unknown[] {
  const text = readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly cases: readonly unknown[] }).cases;
}

/** A case that says which function gave it; which fields it has depends on that. */
export type FunctionCase = Readonly<Record<string, unknown>>;

/** The cases of one function; there is at least one. */
export function casesOf(name: string, fn: string): readonly FunctionCase[] {
  const cases = (vectorsOf(name) as readonly FunctionCase[]).filter((entry) => entry['fn'] === fn);
  if (cases.length === 0) {
    throw new RangeError(`test/vectors/${name}.json has no case of ${fn}`);
  }
  return cases;
}

export function numberOf(entry: FunctionCase, field: string): number {
  return Number(entry[field]);
}
