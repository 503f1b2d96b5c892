/**
 * The table of bad manifests, test/vectors/bad-manifests.yaml: a legal one and changes that make it illegal. The command
 * line and a real API server both have to refuse each.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface BadManifest {
  readonly name: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly remove?: readonly string[];
  readonly path: string;
  readonly says: string;
  /** `says` is the message of a CEL rule of the CRD. */
  readonly rule?: boolean;
  /** The server refuses it only under strict field validation. */
  readonly strict?: boolean;
}

interface Table {
  readonly base: object;
  readonly cases: readonly BadManifest[];
}

export const BAD_MANIFESTS = parse(
  readFileSync(new URL('../vectors/bad-manifests.yaml', import.meta.url), 'utf8'),
) as Table;

/** A copy of `base` with the changes of one case. */
export function changed(base: object, { set = {}, remove = [] }: Partial<BadManifest>): object {
  const job = structuredClone(base);
  const parentOf = (path: string): object =>
    path
      .split('.')
      .slice(0, -1)
      .reduce<object>((node, key) => Reflect.get(node, key) as object, job);
  const lastKey = (path: string): string => path.split('.').at(-1) ?? path;
  for (const path of remove) {
    Reflect.deleteProperty(parentOf(path), lastKey(path));
  }
  for (const [path, value] of Object.entries(set)) {
    Reflect.set(parentOf(path), lastKey(path), value);
  }
  return job;
}
