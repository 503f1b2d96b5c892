/**
 * Which places of the file system may be read where a few may not. Landlock knows permissions and no prohibitions, so all
 * that is not a closed place, nor on the way to one, is permitted one by one. In: closed places and a way to list folders.
 * Out: paths. What is made later beside a closed place is closed too.
 */
import { join, sep } from 'node:path';

export interface Entry {
  readonly name: string;
  /** Points elsewhere; where it points to is judged by its own path. */
  readonly isLink: boolean;
}

/**
 * @param closed - absolute real paths
 * @param list - entries of a folder; empty when it cannot be listed
 */
export function readablePlaces(
  closed: readonly string[],
  list: (folder: string) => readonly Entry[],
): readonly string[] {
  return placesBelow(sep, closed, list);
}

function placesBelow(
  folder: string,
  closed: readonly string[],
  list: (folder: string) => readonly Entry[],
): readonly string[] {
  return list(folder)
    .filter(({ isLink }) => !isLink)
    .map(({ name }) => join(folder, name))
    .filter((path) => !closed.includes(path))
    .flatMap((path) =>
      closed.some((place) => place.startsWith(path + sep)) ? placesBelow(path, closed, list) : [path],
    );
}
