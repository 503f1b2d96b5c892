/**
 * How one project names the layers of the networks that we have too: rows of patterns, read by `tensor-names.ts`. A table
 * is data; adding a project's names is adding rows.
 */

/** Whose names a file uses. */
export type NameKind = 'multigrid' | 'pytorch' | 'pyslowfast' | 'pytorchvideo' | 'torchvision';

/**
 * One kind of layer. `{stage}` and `{block}` stand for numbers in our label and for the same numbers in theirs;
 * `{stage+1}` counts from elsewhere.
 */
export interface NameRow {
  /** Our label, as in `stage{stage}.block{block}.a`. */
  readonly label: string;
  /** Their module that holds weight and bias; absent where the row is for a batch norm alone. */
  readonly layer?: string;
  /** Their batch norm; absent where the layer has none. */
  readonly norm?: string;
}

/** The first row that fits a label counts. */
export interface NameTable {
  readonly kind: NameKind;
  /** For messages. */
  readonly title: string;
  readonly rows: readonly NameRow[];
}

/** The rows of one residual block: a, b, c and the projection. */
export function blockRows(
  label: string,
  module: string,
  parts: Readonly<Record<'a' | 'b' | 'c' | 'projection', readonly [layer: string, norm: string]>>,
): readonly NameRow[] {
  return Object.entries(parts).map(([part, [layer, norm]]) => ({
    label: `${label}.${part}`,
    layer: `${module}.${layer}`,
    norm: `${module}.${norm}`,
  }));
}
