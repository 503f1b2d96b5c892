/**
 * The fields of the spec as a Markdown table, made from the CRD so that the reference is never behind the API. Pure;
 * `generate-types.ts` puts it into docs/manifest.md.
 */
import { isList, isObject, type Json, type JsonObject } from './crd-schema.ts';

/** Parts that are those of a pod, described there better than here. */
const NOT_UNFOLDED = new Set(['spec.workers.template', 'spec.workers.resources', 'spec.volumes']);

/** One line for each field, with its values, default and meaning; a section's own line comes before its fields. */
export function fieldTable(spec: JsonObject): string {
  const head = '| field | values | default | meaning |\n|---|---|---|---|\n';
  return head + rowsOf(spec, 'spec').join('');
}

function rowsOf(node: JsonObject, path: string): readonly string[] {
  const properties = node['properties'];
  if (!isObject(properties) || NOT_UNFOLDED.has(path)) {
    return [];
  }
  const required = isList(node['required']) ? node['required'] : [];
  return Object.entries(properties).flatMap(([name, child]) => {
    if (!isObject(child)) {
      return [];
    }
    const childPath = `${path}.${name}`;
    const items = child['items'];
    return [
      row(childPath, child, required.includes(name)),
      ...rowsOf(child, childPath),
      ...(isObject(items) ? rowsOf(items, `${childPath}[]`) : []),
    ];
  });
}

function row(path: string, node: JsonObject, isRequired: boolean): string {
  const cells = [
    `\`${path.replace(/^spec\./, '')}\``,
    valuesOf(node),
    isRequired ? '**required**' : defaultOf(node['default']),
    typeof node['description'] === 'string' ? node['description'] : '',
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |\n`;
}

function valuesOf(node: JsonObject): string {
  const { type, enum: listed, items, pattern } = node;
  if (isList(listed)) {
    return listed
      .map((value) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``)
      .join(', ');
  }
  if (type === 'array') {
    return `list of ${isObject(items) ? valuesOf(items) : 'anything'}`;
  }
  if (type === 'integer') {
    return `whole number${rangeOf(node)}`;
  }
  if (type === 'string') {
    return typeof pattern === 'string' && pattern.startsWith('^(0|') ? 'decimal in quotes' : 'text';
  }
  return type === 'boolean' ? 'true, false' : 'fields';
}

function rangeOf({ minimum, maximum }: JsonObject): string {
  if (typeof minimum !== 'number') {
    return '';
  }
  return typeof maximum === 'number' ? ` ${minimum} to ${maximum}` : ` from ${minimum}`;
}

function defaultOf(value: Json | undefined): string {
  if (value === undefined || isObject(value)) {
    return '';
  }
  if (isList(value)) {
    return value.some(isObject) ? 'the published four' : `\`${JSON.stringify(value)}\``;
  }
  return `\`${JSON.stringify(value)}\``;
}
