/**
 * From the CRD's structural schema to JSON schema: closed objects for ajv, titles and required defaults for the type
 * generator. Pure; `generate-types.ts` reads the CRD, calls this, and writes the results.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

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

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The object at a path of keys; throws when a step is missing, because then the CRD has another form than we know. */
export function objectAt(value: Json, ...path: readonly (string | number)[]): JsonObject {
  const found = path.reduce<Json | undefined>((node, key) => {
    if (isList(node)) {
      return node[Number(key)];
    }
    return isObject(node) ? node[key] : undefined;
  }, value);
  if (!isObject(found)) {
    throw new Error(`crds/multigridtrainingjob.yaml has no object at ${path.join('.')}`);
  }
  return found;
}

function mapProperties(
  node: JsonObject,
  change: (child: JsonObject, name: string) => JsonObject,
): JsonObject {
  const properties = node['properties'];
  if (!isObject(properties)) {
    return node;
  }
  const changed = Object.entries(properties).map(([name, child]): [string, Json] => [
    name,
    isObject(child) ? change(child, name) : child,
  ]);
  return { ...node, properties: Object.fromEntries(changed) };
}

/** The job's schema for ajv: nullable and int-or-string are type lists, objects are closed unless declared open. */
export function jobSchema(crd: Json): JsonObject {
  const schema = toJsonSchema(objectAt(crd, 'spec', 'versions', 0, 'schema', 'openAPIV3Schema'));
  return mapProperties(schema, (child, name) => (name === 'metadata' ? METADATA : child));
}

function toJsonSchema(node: JsonObject): JsonObject {
  const isIntOrString = node['x-kubernetes-int-or-string'] === true;
  const isOpen = node['x-kubernetes-preserve-unknown-fields'] === true;
  const keywords = Object.entries(mapProperties(node, toJsonSchema))
    .filter(([key]) => !(key.startsWith('x-kubernetes-') || key === 'nullable'))
    .filter(([key]) => !(isIntOrString && key === 'anyOf'))
    .map(([key, value]): [string, Json] => [
      key,
      (key === 'items' || key === 'additionalProperties') && isObject(value) ? toJsonSchema(value) : value,
    ]);
  return {
    ...(node['type'] === 'object' ? { additionalProperties: isOpen } : {}),
    ...Object.fromEntries(keywords),
    ...(isIntOrString ? { type: ['integer', 'string'] } : {}),
    ...(node['nullable'] === true ? { type: [node['type'] ?? 'object', 'null'] } : {}),
  };
}

function without(node: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(node).filter(([name]) => name !== key));
}

/** The same schema without prose. */
export function withoutDescriptions(node: JsonObject): JsonObject {
  const bare = without(mapProperties(node, withoutDescriptions), 'description');
  return isObject(bare['items']) ? { ...bare, items: withoutDescriptions(bare['items']) } : bare;
}

/**
 * The schema with titles, which json-schema-to-typescript names interfaces by.
 *
 * @param titles interface names by path; what has none is spelled out where it stands
 */
export function titled(schema: JsonObject, titles: Readonly<Record<string, string>>, path = ''): JsonObject {
  const title = titles[path];
  const children = mapProperties(schema, (child, key) =>
    titled(child, titles, path === '' ? key : `${path}.${key}`),
  );
  return title === undefined ? children : { ...children, title };
}

/** The inputs of the schema as they are once defaults are in: a field with a default is always there. No status. */
export function defaulted(schema: JsonObject): JsonObject {
  return withDefaultsRequired({ ...schema, properties: without(objectAt(schema, 'properties'), 'status') });
}

function withDefaultsRequired(node: JsonObject): JsonObject {
  if (isObject(node['items'])) {
    return { ...node, items: withDefaultsRequired(node['items']) };
  }
  const properties = node['properties'];
  const required = node['required'];
  const filled = Object.entries(isObject(properties) ? properties : {}).flatMap(([name, child]) =>
    isObject(child) && child['default'] !== undefined ? [name] : [],
  );
  const all = [...new Set([...(isList(required) ? required : []), ...filled])];
  return mapProperties(all.length === 0 ? node : { ...node, required: all }, withDefaultsRequired);
}

/** Messages of all CEL rules, so that a test can hold each rule against its twin in `multigrid/api/rules`. */
export function celMessages(node: Json): readonly string[] {
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
