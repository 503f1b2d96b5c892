/** Rows of anything as columns of text with a head, as `multigrid plan` and `multigrid models` print them. Pure. */

export interface Column<Row> {
  readonly head: string;
  readonly side: 'left' | 'right';
  readonly cell: (row: Row) => string;
}

const GAP = '  ';

/** Head and one line for each row, every line ended. */
export function columnsText<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => {
      const cells = line.map((cell, column) => {
        const width = widths[column] ?? 0;
        return columns[column]?.side === 'right' ? cell.padStart(width) : cell.padEnd(width);
      });
      return `${cells.join(GAP).trimEnd()}\n`;
    })
    .join('');
}
