/** The networks of the zoo as a table for people, one a line. Pure. */
import { type Column, columnsText } from '../display/columns.ts';
import type { ModelListing } from './list-models.ts';

const GIGA = 1e9;

/** Head and one line for each network, every line ended. All listings have the same crops. */
export function modelTable(models: readonly ModelListing[]): string {
  const crops = models[0]?.work ?? [];
  const columns: readonly Column<ModelListing>[] = [
    { head: 'NAME', side: 'left', cell: ({ name }) => name },
    { head: 'FRAMES', side: 'right', cell: ({ frames, work }) => String(work[0]?.frames ?? frames) },
    { head: 'STRIDE', side: 'right', cell: ({ stride }) => String(stride) },
    {
      head: 'PARAMETERS',
      side: 'right',
      cell: ({ parameters }) => parameters.toLocaleString('en-US'),
    },
    ...crops.map(({ cropSize }, index): Column<ModelListing> => ({
      head: `GMACS AT ${cropSize}`,
      side: 'right',
      cell: ({ work }) => giga(work[index]?.multiplyAdds ?? null),
    })),
    { head: 'TAKES FRAMES', side: 'left', cell: framesRule },
  ];
  return columnsText(columns, models);
}

/** Multiply-adds in thousands of millions; a dash for a clip that the network cannot take. */
function giga(multiplyAdds: number | null): string {
  if (multiplyAdds === null) {
    return '-';
  }
  const value = multiplyAdds / GIGA;
  return value < 1 ? value.toPrecision(3) : value.toFixed(2);
}

function framesRule({ framesMultiple, minFrames }: ModelListing): string {
  if (framesMultiple > 1) {
    return `multiples of ${framesMultiple}`;
  }
  return minFrames > 1 ? `${minFrames} or more` : 'any';
}
