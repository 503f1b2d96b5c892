/**
 * What ranks say to each other beside numbers: the word that every collective begins with, a sign of life in its place from a
 * rank that is late, and the last words of one that fails. In: nothing. Out: tags of messages and the layout of a word.
 */
export const TAGS = { word: 1, parts: 2, sums: 3, numbers: 4, lastWords: 5, statistics: 6 } as const;

/** In the order of their numbers on the wire. */
export const COLLECTIVES = ['barrier', 'sumFloats', 'sumNumbers', 'broadcastFloats', 'exchanges'] as const;
/** Those of one piece of memory. */
export type CollectiveKind = Exclude<(typeof COLLECTIVES)[number], 'exchanges'>;

/** A word: sequence number, kind, length. */
export const WORD_NUMBERS = 3;
/** In place of a kind: the word is still to come, its rank is busy with something else. */
export const LATE = -1;

/** Bytes of a rank's last words, padded with spaces. */
export const LAST_WORDS_BYTES = 8192;

export function isLate(word: Float64Array): boolean {
  return word[1] === LATE;
}

/** For messages to people. */
export function inWords([sequence = 0, kind = 0, length = 0]: Float64Array): string {
  return `collective ${sequence}, ${COLLECTIVES[kind] ?? 'unknown'} of ${length} numbers`;
}
