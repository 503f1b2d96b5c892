/**
 * The schemas of a running API server as files that kubeconform reads, so that manifests are checked against this very
 * server, its CRDs included, with nothing fetched from anywhere. In comes a cluster and a folder, out comes the location
 * to give to kubeconform.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from '../../cluster/cluster.ts';
import { valueAt, isRecord, listAt, textAt } from '../../../multigrid/json/fields.ts';

type Schema = Readonly<Record<string, unknown>>;

/** A file for each kind, self-contained: references to other files are not followed there. */
export async function writeSchemas(cluster: ControlPlane, folder: string): Promise<string> {
  const openapi: unknown = JSON.parse(await cluster.kubectl(['get', '--raw', '/openapi/v2']));
  const definitions = valueAt(openapi, 'definitions');
  if (!isRecord(definitions)) {
    throw new TypeError('the API server has no definitions in its openapi');
  }
  await mkdir(folder, { recursive: true });
  for (const [name, schema] of Object.entries(definitions)) {
    for (const kind of listAt(schema, 'x-kubernetes-group-version-kind')) {
      const group = (textAt(kind, 'group') ?? '').split('.')[0] ?? '';
      const file = [(textAt(kind, 'kind') ?? '').toLowerCase(), group, textAt(kind, 'version') ?? ''];
      const path = join(folder, `${file.filter((part) => part !== '').join('-')}.json`);
      await writeFile(path, JSON.stringify(closedSchema(name, definitions)));
    }
  }
  return join(folder, '{{ .ResourceKind }}{{ .KindSuffix }}.json');
}

/** A definition with all it refers to, in which no field may be there that is not named. */
function closedSchema(name: string, definitions: Schema): Schema {
  const needed = new Set<string>();
  const visit = (at: string): void => {
    if (!needed.has(at)) {
      needed.add(at);
      for (const [, next = ''] of JSON.stringify(definitions[at]).matchAll(/"#\/definitions\/([^"]+)"/g)) {
        visit(next);
      }
    }
  };
  visit(name);
  const closed = [...needed].map((at): [string, unknown] => [at, close(definitions[at])]);
  return { $ref: `#/definitions/${name}`, definitions: Object.fromEntries(closed) };
}

function close(node: unknown): unknown {
  if (Array.isArray(node)) {
    return node.map(close);
  }
  if (!isRecord(node)) {
    return node;
  }
  // openapi 2 has no word for "a number or text".
  if (node['format'] === 'int-or-string') {
    return { oneOf: [{ type: 'string' }, { type: 'integer' }] };
  }
  const entries = Object.entries(node).map(([key, child]): [string, unknown] => [key, close(child)]);
  const isOpen =
    node['additionalProperties'] !== undefined || node['x-kubernetes-preserve-unknown-fields'] === true;
  return {
    ...Object.fromEntries(entries),
    ...(isRecord(node['properties']) && !isOpen ? { additionalProperties: false } : {}),
  };
}
