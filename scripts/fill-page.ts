/**
 * A page of the docs with tables that are made from the source. In come the page's path and its tables, each by the title
 * that stands in its two marks; out comes the page, formatted. With `--check` on the command line nothing is written, and
 * the process fails when the committed page is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const ROOT = new URL('../', import.meta.url);

export interface PageTable {
  readonly title: string;
  /** Markdown. */
  readonly table: string;
}

/**
 * @param page - from the root of the repository
 * @throws Error when the page has no marks of that title.
 */
export async function fillPage(page: string, tables: readonly PageTable[]): Promise<void> {
  const url = new URL(page, ROOT);
  const committed = await readFile(url, 'utf8');
  const filled = tables.reduce((text, table) => withTable(page, text, table), committed);
  const form = { ...(await resolveConfig(fileURLToPath(url))), parser: 'markdown' };
  const text = await format(filled, form);
  if (!process.argv.includes('--check')) {
    await writeFile(url, text);
    process.stdout.write(`wrote ${page}\n`);
  } else if (text !== committed) {
    process.stderr.write(`${page} is stale: run \`npm run generate\` and commit the result\n`);
    process.exitCode = 1;
  }
}

/** The page with what stands between two marks replaced. */
function withTable(page: string, text: string, { title, table }: PageTable): string {
  const begin = `<!-- ${title}: made by \`npm run generate\` -->\n`;
  const end = `<!-- /${title} -->`;
  const [before, rest] = text.split(begin);
  const after = rest?.slice(rest.indexOf(end));
  if (before === undefined || !after?.startsWith(end)) {
    throw new Error(`${page} has lost its marks for the table of ${title}`);
  }
  return `${before}${begin}\n${table}\n\n${after}`;
}
