/**
 * Generates the parts of the chart that have their source elsewhere: the CRD's template, from
 * crds/multigridtrainingjob.yaml, the table of values, from values.yaml, and the dashboard. `npm run generate` writes them;
 * `--check` fails when one is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { crdTemplate } from './chart-crd.ts';
import { valuesTable } from './chart-values.ts';
import { dashboardJson } from './dashboard/grafana.ts';
import { DASHBOARD } from './dashboard/rows.ts';

const ROOT = new URL('../', import.meta.url);
const CRD_FILE = 'crds/multigridtrainingjob.yaml';
const CHART = 'charts/multigrid-operator';
const BEGIN = '<!-- values: made by `npm run generate` from values.yaml -->\n';
const END = '<!-- /values -->';

function read(name: string): Promise<string> {
  return readFile(new URL(name, ROOT), 'utf8');
}

async function readme(): Promise<string> {
  const [before, rest] = (await read(`${CHART}/README.md`)).split(BEGIN);
  const after = rest?.slice(rest.indexOf(END));
  if (before === undefined || after === undefined) {
    throw new Error(`${CHART}/README.md has lost its marks for the table of values`);
  }
  const table = valuesTable(await read(`${CHART}/values.yaml`));
  const form = { ...(await resolveConfig(`${CHART}/README.md`)), parser: 'markdown' };
  return format(`${before}${BEGIN}\n${table}\n\n${after}`, form);
}

async function generate(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    [`${CHART}/templates/crd.yaml`, crdTemplate(await read(CRD_FILE), CRD_FILE)],
    [`${CHART}/README.md`, await readme()],
    [`${CHART}/files/dashboard.json`, dashboardJson(DASHBOARD)],
  ]);
}

const isCheck = process.argv.includes('--check');
for (const [name, text] of await generate()) {
  if (!isCheck) {
    await writeFile(new URL(name, ROOT), text);
    process.stdout.write(`wrote ${name}\n`);
  } else if ((await read(name).catch(() => '')) !== text) {
    process.stderr.write(`${name} is stale: run \`npm run generate\` and commit the result\n`);
    process.exitCode = 1;
  }
}
