/**
 * From the text of a manifest to a job: YAML, then the schema, then the rules, every error with its line. What the
 * command line starts from. Exactly one document, because a manifest of several jobs has no one plan.
 */
import { type Document, isMap, isNode, isPair, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { messageOf } from '../errors/message-of.ts';
import { fillSpec } from './defaults.ts';
import type { DefaultedJob } from './defaulted-types.gen.ts';
import type { FieldPath } from './field-error.ts';
import type { FilledSpec } from './filled-spec.ts';
import { validateJob } from './validate.ts';

export interface ManifestError {
  /** Field at fault, `spec.recipe.frames`; `manifest` when it is the text as a whole. */
  readonly path: string;
  readonly message: string;
  /** Line of the text, from 1; the line of the nearest field above when the field itself is missing. */
  readonly line: number;
}

export type ManifestReading =
  | { readonly ok: true; readonly job: DefaultedJob; readonly spec: FilledSpec }
  /** Never empty. */
  | { readonly ok: false; readonly errors: readonly ManifestError[] };

/** Reads a manifest. Never throws for what is in the text. */
export function readManifest(text: string): ManifestReading {
  const lines = new LineCounter();
  const documents = [...parseAllDocuments(text, { lineCounter: lines })];
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  const [document, second] = documents;
  if (document === undefined || document.contents === null) {
    return refused('is empty; start from examples/quickstart.yaml', 1);
  }
  if (second !== undefined) {
    return refused(
      'has several documents; put each job into a file of its own',
      lineAt(second.contents?.range[0] ?? second.range[0]),
    );
  }
  const syntax = [...document.errors, ...document.warnings].map((error) => ({
    path: 'manifest',
    message: `is not valid YAML: ${firstLine(error.message)}`,
    line: lineAt(error.pos[0]),
  }));
  if (syntax.length > 0) {
    return { ok: false, errors: syntax };
  }
  return check(document, lineAt);
}

function refused(message: string, line: number): ManifestReading {
  return { ok: false, errors: [{ path: 'manifest', message, line }] };
}

function check(document: Document.Parsed, lineAt: (offset: number) => number): ManifestReading {
  const plain = toPlain(document);
  if (!plain.ok) {
    return refused(plain.message, 1);
  }
  const validation = validateJob(plain.value);
  if (validation.ok) {
    return { ok: true, job: validation.job, spec: fillSpec(validation.job.spec) };
  }
  const errors = validation.errors.map(({ path, keys, message }) => ({
    path,
    message,
    line: lineAt(offsetOf(document.contents, keys)),
  }));
  return { ok: false, errors };
}

/** The document as plain values; aliases that multiply without end are refused by the parser only here. */
function toPlain(
  document: Document.Parsed,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string } {
  try {
    return { ok: true, value: document.toJS() };
  } catch (error) {
    return {
      ok: false,
      message: `cannot be read: ${messageOf(error)}`,
    };
  }
}

/** Where a field stands in the text: its key, or the nearest enclosing field when it is not there. */
function offsetOf(top: Node | null, keys: FieldPath): number {
  let node: unknown = top;
  let offset = top?.range?.[0] ?? 0;
  for (const key of keys) {
    const child = childOf(node, key);
    if (child === null) {
      break;
    }
    offset = child.offset;
    node = child.value;
  }
  return offset;
}

function childOf(
  node: unknown,
  key: string | number,
): { readonly offset: number; readonly value: unknown } | null {
  if (isSeq(node) && typeof key === 'number') {
    const item = node.items[key];
    return isNode(item) && item.range ? { offset: item.range[0], value: item } : null;
  }
  if (!isMap(node)) {
    return null;
  }
  const pair = node.items.find((item) => isPair(item) && isNode(item.key) && item.key.toJSON() === key);
  return isNode(pair?.key) && pair.key.range ? { offset: pair.key.range[0], value: pair.value } : null;
}

/** The parser's messages go on with an excerpt of the text, which the line number makes needless. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/:$/, '');
}
