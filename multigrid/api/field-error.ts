/** What is wrong with one field of a manifest. Made by the schema and the rules, printed by the CLI and the operator. */

/** Keys and list positions from the top of the object to a field. */
export type FieldPath = readonly (string | number)[];

export interface FieldError {
  /** For people: `spec.recipe.steps[2]`. */
  readonly path: string;
  /** For looking up the line. */
  readonly keys: FieldPath;
  /** What is wrong, and the nearest legal value where there is one. */
  readonly message: string;
}

export function fieldError(keys: FieldPath, message: string): FieldError {
  return { path: formatPath(keys), keys, message };
}

/** `['spec', 'recipe', 'steps', 2]` as `spec.recipe.steps[2]`; the top is called `manifest`. */
function formatPath(keys: FieldPath): string {
  const text = keys
    .map((key) => {
      if (typeof key === 'number') {
        return `[${key}]`;
      }
      return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    })
    .join('')
    .replace(/^\./, '');
  return text === '' ? 'manifest' : text;
}
