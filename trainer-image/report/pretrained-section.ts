/** The part of a report on the weights a run started from. pretrained.json in, Markup out. Pure. */
import { html, type Part } from './html/markup.ts';
import { section, table } from './html/page.ts';
import type { PretrainedRecord } from '../run-folder/pretrained-file.ts';

/** Most tensors named in each row; all are in pretrained.json. */
const MOST_NAMES = 12;

/** Nothing for a run that started from random values. */
export function pretrainedSection(record: PretrainedRecord | null): Part {
  if (record === null) {
    return [];
  }
  const { loaded, tensors, names, path, sha256, newHead, newHeadReason } = record;
  const rows = [
    ['new classifier', newHead],
    ['inflated from 2D', record.inflated],
    ['missing', record.missing],
    ['of another shape', record.misfits.map(({ name }) => name)],
    ['unused in the file', record.unused],
  ] as const;
  const shown = rows.filter(([, list]) => list.length > 0);
  const reason = newHeadReason === null ? '' : ` The classifier is new: ${newHeadReason}.`;
  return section(
    'Pretrained weights',
    `${loaded} of ${tensors} tensors came from ${path}, with the names of ${names}.${reason}`,
    [
      shown.length === 0
        ? []
        : table(
            ['what', 'tensors', 'names'],
            shown.map(([what, list]) => [what, list.length, listed(list)]),
          ),
      html`<p>SHA-256 of the file: <code>${sha256}</code></p>`,
    ],
  );
}

function listed(names: readonly string[]): string {
  const rest = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
