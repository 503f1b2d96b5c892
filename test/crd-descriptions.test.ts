/** `kubectl explain` is the manual: every field of the API and every printer column says what it is, in sentences. */
import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { isObject, objectAt, type Json, type JsonObject } from '../scripts/crd-schema.ts';

interface Field {
  readonly path: string;
  readonly description: string;
}

const crd = parse(await readFile('crds/multigridtrainingjob.yaml', 'utf8')) as Json;
const version = objectAt(crd, 'spec', 'versions', 0);
const schema = objectAt(version, 'schema', 'openAPIV3Schema');

function fieldsOf(node: JsonObject, path: string): readonly Field[] {
  const { properties, items, additionalProperties } = node;
  const own = Object.entries(isObject(properties) ? properties : {}).flatMap(([name, child]) => {
    const at = path === '' ? name : `${path}.${name}`;
    if (!isObject(child) || at === 'metadata') {
      return [];
    }
    const { description } = child;
    return [
      { path: at, description: typeof description === 'string' ? description : '' },
      ...fieldsOf(child, at),
    ];
  });
  const inner = [items, additionalProperties].flatMap((child) =>
    isObject(child) ? fieldsOf(child, `${path}[]`) : [],
  );
  return [...own, ...inner];
}

const fields = fieldsOf(schema, '');

test('every field has a description that is a sentence', () => {
  expect(fields.length).toBeGreaterThan(150);
  const wanting = fields.filter(({ description }) => !/^["A-Z0-9a-z`].*[.)]$/s.test(description.trim()));
  expect(wanting).toEqual([]);
});

test('every printer column has a description', () => {
  const columns = version['additionalPrinterColumns'];
  const wanting = (Array.isArray(columns) ? columns : []).filter(
    (column: Json) => !isObject(column) || typeof column['description'] !== 'string',
  );
  expect(columns).toHaveLength(16);
  expect(wanting).toEqual([]);
});
