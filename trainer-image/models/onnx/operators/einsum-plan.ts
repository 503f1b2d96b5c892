/**
 * The equation of an Einstein sum. In: its text and the dims of its operands. Out: a name for every axis of the operands
 * and of the result, those of an ellipsis counted from the back, and how long each is. Pure.
 */

/** Thrown with a sentence that the handler puts the node's name before. */
export class EquationError extends Error {
  override readonly name = 'EquationError';
}

/** Names of the axes of one value, in order. */
export type AxisNames = readonly string[];

export interface Equation {
  readonly operands: readonly AxisNames[];
  readonly result: AxisNames;
  readonly lengths: ReadonlyMap<string, number>;
}

const FORM = /^[a-zA-Z.,]*(->[a-zA-Z.]*)?$/;
const ELLIPSIS = '...';

/** @throws EquationError when the equation is none, or does not fit the dims. */
export function readEquation(text: string, dims: readonly (readonly number[])[]): Equation {
  const equation = text.replaceAll(' ', '');
  if (!FORM.test(equation)) {
    throw new EquationError(`equation ${text} is none that can be read`);
  }
  const [left = '', right] = equation.split('->');
  const terms = left.split(',').map(namesIn);
  if (terms.length !== dims.length) {
    throw new EquationError(`equation ${text} has ${terms.length} operands, the node ${dims.length}`);
  }
  const operands = terms.map((term, index) =>
    withoutEllipsis(term, Math.max(0, dims[index]!.length - term.length + 1)),
  );
  const wrong = operands.findIndex(
    (names, index) => names.length !== dims[index]!.length || new Set(names).size !== names.length,
  );
  if (wrong >= 0) {
    throw new EquationError(
      `equation ${text}: operand ${wrong} has ${dims[wrong]!.length} axes; each needs a letter of its own`,
    );
  }
  const lengths = lengthsOf(text, operands, dims);
  return { operands, result: resultOf(text, right === undefined ? null : namesIn(right), operands), lengths };
}

/** Letters and ellipses one by one. */
function namesIn(term: string): AxisNames {
  return term.match(/\.\.\.|[a-zA-Z.]/g) ?? [];
}

/** @param count - axes that the ellipsis stands for. */
function withoutEllipsis(term: AxisNames, count: number): AxisNames {
  return term.flatMap((name) =>
    name === ELLIPSIS
      ? Array.from({ length: count }, (_, index) => `${ELLIPSIS}${count - 1 - index}`)
      : [name],
  );
}

function lengthsOf(
  text: string,
  operands: readonly AxisNames[],
  dims: readonly (readonly number[])[],
): ReadonlyMap<string, number> {
  const lengths = new Map<string, number>();
  operands.forEach((names, index) => {
    names.forEach((name, axis) => {
      const length = dims[index]![axis]!;
      const other = lengths.get(name) ?? length;
      if (other !== length && other !== 1 && length !== 1) {
        throw new EquationError(`equation ${text}: axis ${name} has ${other} and ${length} elements`);
      }
      lengths.set(name, Math.max(other, length));
    });
  });
  return lengths;
}

/** Without an arrow the result has the axes that occur once, in alphabetical order, behind those of the ellipsis. */
function resultOf(text: string, right: AxisNames | null, operands: readonly AxisNames[]): AxisNames {
  const all = operands.flat();
  const isOfEllipsis = (name: string): boolean => name.startsWith(ELLIPSIS);
  const count = new Set(all.filter(isOfEllipsis)).size;
  const once = all
    .filter((name) => !isOfEllipsis(name) && all.indexOf(name) === all.lastIndexOf(name))
    .toSorted((a, b) => (a < b ? -1 : 1));
  const result = withoutEllipsis(right ?? [ELLIPSIS, ...once], count);
  if (new Set(result).size !== result.length || result.some((name) => !all.includes(name))) {
    throw new EquationError(`equation ${text}: the result has axes that are none, or one twice`);
  }
  return result;
}
