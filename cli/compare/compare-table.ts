/** The comparison as a table of text for the terminal: the first column to the left, numbers to the right. Pure. */
import { COMPARISON_HEADS, type ComparisonRow } from './compare-rows.ts';

const GAP = '   ';

export function comparisonTable(rows: readonly ComparisonRow[]): string {
  const lines = [
    [...COMPARISON_HEADS],
    ...rows.map(({ what, baseline, multigrid, change }) => [what, baseline, multigrid, change]),
  ];
  const widths = COMPARISON_HEADS.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join(GAP)
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
