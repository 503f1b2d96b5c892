/** From ajv's errors to words: every error names the field, what is wrong and the nearest legal value. */
import type { DefinedError } from 'ajv';
import { closestName } from './closest-name.ts';
import { type FieldError, fieldError, type FieldPath } from './field-error.ts';

/** Errors in the order of the schema, one for each field. Needs ajv's `verbose`, for the value and schema at fault. */
export function fieldErrorsOf(errors: readonly DefinedError[], root: unknown): readonly FieldError[] {
  const found = new Map<string, FieldError>();
  for (const error of errors) {
    const converted = convert(error, root);
    if (!found.has(converted.path)) {
      found.set(converted.path, converted);
    }
  }
  return [...found.values()];
}

function convert(error: DefinedError, root: unknown): FieldError {
  const keys = keysOf(error.instancePath, root);
  if (error.keyword === 'required') {
    return fieldError([...keys, error.params.missingProperty], 'is required');
  }
  if (error.keyword === 'additionalProperties') {
    return fieldError([...keys, error.params.additionalProperty], unknownField(error));
  }
  return fieldError(keys, wrongValue(error));
}

function wrongValue(error: DefinedError): string {
  if (error.keyword === 'type') {
    return wrongType(error);
  }
  if (error.keyword === 'enum') {
    return notListed(error.params.allowedValues, error.data);
  }
  if (error.keyword === 'minimum' || error.keyword === 'maximum') {
    return outOfRange(error.keyword, error.params.limit, error.data);
  }
  return error.keyword === 'pattern'
    ? patternMissed(error.parentSchema, error.data)
    : (error.message ?? 'is not allowed');
}

/** Keys of a JSON pointer; a number only where the object really has a list. */
function keysOf(pointer: string, root: unknown): FieldPath {
  let node = root;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((key) => {
      const isIndex = Array.isArray(node);
      node = memberOf(node, key);
      return isIndex ? Number(key) : key;
    });
}

/** A member of something that may be no object; undefined when it has none of that name. */
export function memberOf(value: unknown, key: string): unknown {
  const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return isThere ? Reflect.get(value, key) : undefined;
}

function unknownField(error: Extract<DefinedError, { keyword: 'additionalProperties' }>): string {
  const known = Object.keys(memberOf(error.parentSchema, 'properties') ?? {});
  const closest = closestName(error.params.additionalProperty, known);
  return closest === null
    ? `is not a field; the fields here are ${known.join(', ')}`
    : `is not a field; did you mean ${closest}?`;
}

function wrongType({ params, data, parentSchema }: Extract<DefinedError, { keyword: 'type' }>): string {
  const { type } = params;
  if (isDecimal(parentSchema) && typeof data === 'number') {
    return `is a decimal and must be written in quotes: "${data}"`;
  }
  if (type === 'integer' && typeof data === 'number') {
    return `must be a whole number (is ${data}; nearest: ${Math.round(data)})`;
  }
  if (type === 'integer' && typeof data === 'string' && /^\d+$/.test(data)) {
    return `must be a whole number without quotes: ${data}`;
  }
  const words: Readonly<Record<string, string>> = {
    integer: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a group of fields',
    string: 'a text',
  };
  return `must be ${words[type] ?? type} (is ${describe(data)})`;
}

function notListed(allowed: readonly unknown[], data: unknown): string {
  const names = allowed.map(String);
  const closest = typeof data === 'string' ? closestName(data, names) : null;
  const list = `must be ${names.length === 1 ? '' : 'one of '}${names.join(', ')} (is ${describe(data)})`;
  return closest === null ? list : `${list}; did you mean ${closest}?`;
}

function outOfRange(keyword: 'minimum' | 'maximum', limit: number, data: unknown): string {
  const side = keyword === 'minimum' ? 'at least' : 'at most';
  return `must be ${side} ${limit} (is ${describe(data)}; nearest: ${limit})`;
}

function patternMissed(schema: unknown, data: unknown): string {
  return isDecimal(schema)
    ? `must be a decimal such as "0.1" or "1e-4" (is ${describe(data)})`
    : `must match ${String(memberOf(schema, 'pattern'))} (is ${describe(data)})`;
}

function isDecimal(schema: unknown): boolean {
  return String(memberOf(schema, 'pattern')).startsWith('^(0|[1-9][0-9]{0,8})(');
}

function describe(data: unknown): string {
  const text = data === undefined ? 'nothing' : JSON.stringify(data);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
