/**
 * Generates the TypeScript view of the API from its one source, the CRD: `multigrid/api/types.gen.ts` (what a manifest
 * may hold), `defaulted-types.gen.ts` (what it holds once defaults are in) and `schema.gen.ts` (the same schema for ajv,
 * so that validating needs no file system), and the table of fields in docs/manifest.md. `npm run generate` writes them;
 * `--check` fails when one is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { parse } from 'yaml';
import { celMessages, defaulted, jobSchema, objectAt, titled, withoutDescriptions } from './crd-schema.ts';
import type { Json, JsonObject } from './crd-schema.ts';
import { fieldTable } from './field-table.ts';

const CRD_FILE = new URL('../crds/multigridtrainingjob.yaml', import.meta.url);
const ROOT = new URL('../', import.meta.url);
const REFERENCE = 'docs/manifest.md';
const BANNER =
  '// Generated from crds/multigridtrainingjob.yaml by scripts/generate-types.ts. Do not edit.\n';

/** Interfaces that other code speaks of by name. */
const TITLES = { metadata: 'ObjectMeta', spec: 'JobSpec', status: 'JobStatus' };
const DEFAULTED_TITLES = {
  spec: 'DefaultedJobSpec',
  'spec.model': 'DefaultedModelSpec',
  'spec.data': 'DefaultedDataSpec',
  'spec.recipe': 'DefaultedRecipeSpec',
  'spec.multigrid': 'DefaultedMultigridSpec',
};

async function typesOf(schema: JsonObject, name: string): Promise<string> {
  // A copy, because json-schema-to-typescript writes into its input.
  return compile(JSON.parse(JSON.stringify(schema)) as JSONSchema, name, {
    bannerComment: BANNER,
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 110, trailingComma: 'all' },
  });
}

function schemaModule(schema: JsonObject, messages: readonly string[]): string {
  return [
    BANNER,
    '/** Schema of a MultigridTrainingJob for ajv; closed objects, so that unknown fields are found. */',
    `export const JOB_SCHEMA: Readonly<Record<string, unknown>> = ${JSON.stringify(schema, null, 1)};\n`,
    '/** Messages of all CEL rules of the CRD. */',
    `export const CEL_MESSAGES: readonly string[] = ${JSON.stringify(messages, null, 1)};\n`,
  ].join('\n');
}

/** The reference with its table replaced; everything around it is written by hand. */
async function reference(spec: JsonObject): Promise<string> {
  const text = await readFile(new URL(REFERENCE, ROOT), 'utf8');
  const [before, , after] = text.split(/(?<=<!-- fields: [^\n]*-->\n)|(?=<!-- \/fields -->)/);
  if (before === undefined || after === undefined) {
    throw new Error(`${REFERENCE} has lost its marks for the table of fields`);
  }
  return `${before}\n${fieldTable(spec)}\n${after}`;
}

async function generate(): Promise<ReadonlyMap<string, string>> {
  const crd = parse(await readFile(CRD_FILE, 'utf8')) as Json;
  const schema = jobSchema(crd);
  const bare = withoutDescriptions(schema);
  return new Map([
    ['multigrid/api/types.gen.ts', await typesOf(titled(schema, TITLES), 'MultigridTrainingJob')],
    [
      'multigrid/api/defaulted-types.gen.ts',
      await typesOf(titled(defaulted(bare), DEFAULTED_TITLES), 'DefaultedJob'),
    ],
    ['multigrid/api/schema.gen.ts', schemaModule(bare, [...new Set(celMessages(crd))])],
    [REFERENCE, await reference(objectAt(schema, 'properties', 'spec'))],
  ]);
}

const isCheck = process.argv.includes('--check');
for (const [name, text] of await generate()) {
  const file = new URL(name, ROOT);
  if (!isCheck) {
    await writeFile(file, text);
    process.stdout.write(`wrote ${name}\n`);
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    process.stderr.write(`${name} is stale: run \`npm run generate\` and commit the result\n`);
    process.exitCode = 1;
  }
}
