/**
 * Reads the file of class names, one a line, that reports and the exported model use.
 */
import { readFile } from 'node:fs/promises';

/** The file cannot be read, or does not name every class. */
export class ClassNamesError extends Error {
  override readonly name = 'ClassNamesError';
}

/**
 * @param path - null: no names.
 * @throws ClassNamesError when the file is missing or the number of names is not `numClasses`.
 */
export async function readClassNames(path: string | null, numClasses: number): Promise<readonly string[]> {
  if (path === null) {
    return [];
  }
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new ClassNamesError(`the class names cannot be read from ${path}; check spec.data.classes`, {
      cause,
    });
  }
  const names = text.split(/\r?\n/).map((line) => line.trim());
  if (names.at(-1) === '') {
    names.pop();
  }
  if (names.length !== numClasses) {
    throw new ClassNamesError(
      `${path} has ${names.length} names but spec.model.numClasses is ${numClasses}; write one name a line, in the ` +
        'order of the class numbers',
    );
  }
  return names;
}
