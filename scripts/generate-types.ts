/**
 * Generates the TypeScript view of the API from its one source, the CRD: `multigrid/api/types.gen.ts` (what a manifest
 * may hold) and `multigrid/api/schema.gen.ts` (the same schema for ajv, so that validating needs no file system).
 * `npm run generate` writes both; with `--check` it only compares and fails when one is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { parse } from 'yaml';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

const CRD_FILE = new URL('../crds/multigridtrainingjob.yaml', import.meta.url);
const TYPES_FILE = new URL('../multigrid/api/types.gen.ts', import.meta.url);
const SCHEMA_FILE = new URL('../multigrid/api/schema.gen.ts', import.meta.url);
const BANNER =
  '// Generated from crds/multigridtrainingjob.yaml by scripts/generate-types.ts. Do not edit.\n';

/** The API server owns the schema of metadata, so the CRD may not spell it; these are the fields this project reads. */
const METADATA: JsonObject = {
  type: 'object',
  required: ['name'],
  additionalProperties: true,
  properties: {
    name: { type: 'string' },
    namespace: { type: 'string' },
    uid: { type: 'string' },
    resourceVersion: { type: 'string' },
    generation: { type: 'integer' },
    creationTimestamp: { type: 'string' },
    deletionTimestamp: { type: 'string' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    annotations: { type: 'object', additionalProperties: { type: 'string' } },
    finalizers: { type: 'array', items: { type: 'string' } },
  },
};

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** The value at a path of keys; throws when a step is missing, because then the CRD has another form than we know. */
function at(value: Json, ...path: readonly (string | number)[]): Json {
  return path.reduce<Json>((node, key) => {
    const next = isList(node) ? node[Number(key)] : isObject(node) ? node[key] : undefined;
    if (next === undefined) {
      throw new Error(`crds/multigridtrainingjob.yaml has nothing at ${path.join('.')} (looking for ${key})`);
    }
    return next;
  }, value);
}

/** Names of the interfaces that other code speaks of, by path; everything else is reached through them. */
const TITLES: Readonly<Record<string, string>> = {
  metadata: 'ObjectMeta',
  spec: 'JobSpec',
  'spec.model': 'ModelSpec',
  'spec.data': 'DataSpec',
  'spec.recipe': 'RecipeSpec',
  'spec.multigrid': 'MultigridSpec',
  'spec.workers': 'WorkersSpec',
  'spec.volumes': 'VolumesSpec',
  'spec.checkpoint': 'CheckpointSpec',
  'spec.runPolicy': 'RunPolicySpec',
  status: 'JobStatus',
  'status.summary': 'StatusSummary',
  'status.lastFailure': 'LastFailure',
  'status.conditions': 'Conditions',
};

/** Structural schema to JSON schema: nullable and int-or-string become type lists, objects are closed unless open. */
function toJsonSchema(node: JsonObject): JsonObject {
  const open = node['x-kubernetes-preserve-unknown-fields'] === true;
  const intOrString = node['x-kubernetes-int-or-string'] === true;
  const out: Record<string, Json> = {};
  for (const [key, value] of Object.entries(node)) {
    if (key.startsWith('x-kubernetes-') || key === 'nullable' || (intOrString && key === 'anyOf')) {
      continue;
    }
    out[key] = convertKeyword(key, value);
  }
  if (intOrString) {
    out['type'] = ['integer', 'string'];
  }
  if (node['nullable'] === true && typeof node['type'] === 'string') {
    out['type'] = [node['type'], 'null'];
  }
  if (node['type'] === 'object' && out['additionalProperties'] === undefined) {
    out['additionalProperties'] = open;
  }
  return out;
}

function convertKeyword(key: string, value: Json): Json {
  if (key === 'properties' && isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, child]) => [name, isObject(child) ? toJsonSchema(child) : child]),
    );
  }
  return (key === 'items' || key === 'additionalProperties') && isObject(value) ? toJsonSchema(value) : value;
}

function withoutDescriptions(node: Json, isPropertyMap = false): Json {
  if (isList(node)) {
    return node.map((child) => withoutDescriptions(child));
  }
  if (!isObject(node)) {
    return node;
  }
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => isPropertyMap || key !== 'description')
      .map(([key, child]) => [key, withoutDescriptions(child, !isPropertyMap && key === 'properties')]),
  );
}

function jobSchema(crd: Json): JsonObject {
  const schema = at(crd, 'spec', 'versions', 0, 'schema', 'openAPIV3Schema');
  if (!isObject(schema)) {
    throw new Error('crds/multigridtrainingjob.yaml: openAPIV3Schema is not an object');
  }
  const converted = toJsonSchema(schema);
  const properties = at(converted, 'properties');
  return { ...converted, properties: { ...(isObject(properties) ? properties : {}), metadata: METADATA } };
}

/** Everything the CRD rules out by CEL, so that a test can hold each rule against its twin in rules.ts. */
function celMessages(node: Json): readonly string[] {
  if (isList(node)) {
    return node.flatMap((child) => celMessages(child));
  }
  if (!isObject(node)) {
    return [];
  }
  return Object.entries(node).flatMap(([key, child]) =>
    key === 'x-kubernetes-validations' && isList(child)
      ? child.flatMap((rule) =>
          isObject(rule) && typeof rule['message'] === 'string' ? [rule['message']] : [],
        )
      : celMessages(child),
  );
}

/** The schema with the titles that json-schema-to-typescript names interfaces by. */
function titled(schema: JsonObject, path = ''): JsonObject {
  const title = TITLES[path];
  const properties = schema['properties'];
  if (!isObject(properties)) {
    return title === undefined ? schema : { ...schema, title };
  }
  const children = Object.entries(properties).map(([name, child]): [string, Json] => [
    name,
    isObject(child) ? titled(child, path === '' ? name : `${path}.${name}`) : child,
  ]);
  return { ...schema, ...(title === undefined ? {} : { title }), properties: Object.fromEntries(children) };
}

/** A copy, because json-schema-to-typescript writes into its input. */
function asTypeInput(schema: JsonObject): JSONSchema {
  return JSON.parse(JSON.stringify(titled(schema))) as JSONSchema;
}

async function generate(): Promise<ReadonlyMap<URL, string>> {
  const crd = parse(await readFile(CRD_FILE, 'utf8')) as Json;
  const schema = jobSchema(crd);
  const types = await compile(asTypeInput(schema), 'MultigridTrainingJob', {
    bannerComment: BANNER,
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 110, trailingComma: 'all' },
  });
  const messages = [...new Set(celMessages(crd))];
  const schemaModule =
    `${BANNER}\n/** Schema of a MultigridTrainingJob for ajv; closed objects, so that unknown fields are found. */\n` +
    `export const JOB_SCHEMA = ${JSON.stringify(withoutDescriptions(schema), null, 1)};\n\n` +
    `/** Messages of all CEL rules of the CRD. */\n` +
    `export const CEL_MESSAGES: readonly string[] = ${JSON.stringify(messages, null, 1)};\n`;
  return new Map([
    [TYPES_FILE, types],
    [SCHEMA_FILE, schemaModule],
  ]);
}

const isCheck = process.argv.includes('--check');
for (const [file, text] of await generate()) {
  const name = file.pathname.split('/').slice(-3).join('/');
  if (!isCheck) {
    await writeFile(file, text);
    process.stdout.write(`wrote ${name}\n`);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    process.stderr.write(`${name} is stale: run \`npm run generate\` and commit the result\n`);
    process.exitCode = 1;
  }
}
