/** One text for one value, whatever the order its keys were written in: what a plan's hash is taken over. */

/**
 * JSON without white space, object keys in code-unit order, absent values left out. Numbers print as ECMAScript prints
 * them (RFC 8785).
 *
 * @throws RangeError for NaN and infinities, which JSON cannot hold.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new RangeError(`${value} has no JSON form`);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  const members = Object.entries(value).map(([key, member]) => [key, sorted(member)] as const);
  return Object.fromEntries(members.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
