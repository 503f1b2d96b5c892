/**
 * Writes the tables of metrics into docs/monitoring.md, from the registries that the programs themselves make. In:
 * nothing. Out: the page; `--check` fails when the committed one is stale. Part of `npm run generate`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { metricsTable } from './metrics-table.ts';
import { operatorMetrics, trainerMetrics } from './program-metrics.ts';

const PAGE = new URL('../docs/monitoring.md', import.meta.url);

const TABLES = [
  { title: 'operator metrics', rows: operatorMetrics() },
  { title: 'trainer metrics', rows: trainerMetrics() },
];

/** The page with what stands between two marks replaced. */
function withTable(page: string, title: string, table: string): string {
  const begin = `<!-- ${title}: made by \`npm run generate\` -->\n`;
  const end = `<!-- /${title} -->`;
  const [before, rest] = page.split(begin);
  const after = rest?.slice(rest.indexOf(end));
  if (before === undefined || !after?.startsWith(end)) {
    throw new Error(`docs/monitoring.md has lost its marks for the table of ${title}`);
  }
  return `${before}${begin}\n${table}\n\n${after}`;
}

const page = await readFile(PAGE, 'utf8');
const filled = TABLES.reduce((text, { title, rows }) => withTable(text, title, metricsTable(rows)), page);
const form = { ...(await resolveConfig(fileURLToPath(PAGE))), parser: 'markdown' };
const text = await format(filled, form);
if (!process.argv.includes('--check')) {
  await writeFile(PAGE, text);
  process.stdout.write('wrote docs/monitoring.md\n');
} else if (text !== page) {
  process.stderr.write('docs/monitoring.md is stale: run `npm run generate` and commit the result\n');
  process.exitCode = 1;
}
