/** "Did you mean": the known name nearest to one that is not known. Used where a manifest has a typo. */

/**
 * The candidate with the fewest edits from `name`, letter case aside; null when none is near enough to be meant
 * (more than a third of the name's letters, or more than three edits, apart).
 */
export function closestName(name: string, candidates: readonly string[]): string | null {
  const limit = Math.min(3, Math.ceil(name.length / 3));
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= limit)
    .toSorted((one, other) => one.edits - other.edits);
  return ranked[0]?.candidate ?? null;
}

/** Insertions, deletions and substitutions that turn one text into the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i += 1) {
    const next = [i + 1];
    for (let j = 1; j <= to.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (from[i] === to[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
