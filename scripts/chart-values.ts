/**
 * The values of the chart as a table, from values.yaml and its comments. In comes the file's text, out come rows of
 * markdown: a value, its default, and the comment before it that begins with `--`. Pure.
 */
import { isMap, isScalar, parseDocument, stringify, type Pair, type YAMLMap } from 'yaml';

interface ValueRow {
  readonly path: string;
  readonly fallback: string;
  readonly text: string;
}

/** @throws when the file is no map, or a value has no comment, neither its own nor one of the map it stands in */
export function valuesTable(values: string): string {
  const { contents } = parseDocument(values);
  if (!isMap(contents)) {
    throw new TypeError('values.yaml is no map of values');
  }
  const rows = rowsOf(contents, '');
  const silent = rows.filter(({ text }) => text === '').map(({ path }) => path);
  if (silent.length > 0) {
    throw new TypeError(`values.yaml says nothing of ${silent.join(', ')}`);
  }
  return [
    '| value | default | what |',
    '| --- | --- | --- |',
    ...rows.map(
      ({ path, fallback, text }) => `| \`${path}\` | \`${fallback}\` | ${text.replaceAll('|', '\\|')} |`,
    ),
  ].join('\n');
}

function rowsOf(map: YAMLMap, prefix: string): readonly ValueRow[] {
  return map.items.flatMap((pair, index) => {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const text = commentOf(pair, index === 0 ? map : null);
    const { value } = pair;
    if (isMap(value) && value.items.length > 0 && !isWhole(path)) {
      const [first, ...rest] = rowsOf(value, path);
      // A comment on a map is that of its first value where that has none.
      return first === undefined ? [] : [first.text === '' ? { ...first, text } : first, ...rest];
    }
    return [{ path, fallback: compact(value), text }];
  });
}

/** Values that are Kubernetes' own structures, or labels: shown as one. */
function isWhole(path: string): boolean {
  return path === 'resources' || /\.(?:labels|annotations)$/.test(path);
}

function commentOf({ key }: Pair, map: YAMLMap | null): string {
  const own = isScalar(key) ? (key.commentBefore ?? '') : '';
  const comment = own === '' && map !== null ? (map.commentBefore ?? '') : own;
  const [, told = ''] = comment.split(/^ -- /m);
  return told.replaceAll(/\s+/g, ' ').trim();
}

function compact(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false })
    .replaceAll(/#.*/g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll("'", '"')
    .trim();
}
