/**
 * Writes the table of operations into docs/engine.md, from the rule table itself and the first sentence of each rule's
 * file. In: nothing. Out: the page; `--check` fails when the committed one is stale. Part of `npm run generate`.
 */
import { readFile } from 'node:fs/promises';
import { RULES } from '../trainer-image/autodiff/rules.ts';
import { fillPage } from './fill-page.ts';

const TABLE = new URL('../trainer-image/autodiff/rules.ts', import.meta.url);

/** The import of a rule's file: its operations, and where it is. */
const RULE_IMPORT = /^import \{([^}]+)\} from '(\.\/rules\/[a-z0-9-]+\.ts)';$/gm;

async function ruleRows(): Promise<readonly string[]> {
  const source = await readFile(TABLE, 'utf8');
  const listed = new Set<string>(Object.keys(RULES));
  const rows = [...source.matchAll(RULE_IMPORT)].map(async ([, imported = '', file = '']) => {
    const names = imported
      .split(',')
      .map((name) => name.trim())
      .filter((name) => listed.delete(name));
    return `| ${names.map((name) => `\`${name}\``).join(', ')} | ${await firstSentence(new URL(file, TABLE))} |`;
  });
  const table = await Promise.all(rows);
  if (listed.size > 0) {
    throw new Error(`rules.ts lists ${[...listed].join(', ')}, but no import of a rule's file has that name`);
  }
  return table.toSorted();
}

/** The first sentence of a file's header comment. */
async function firstSentence(file: URL): Promise<string> {
  const header = /^\/\*\*\n([\s\S]*?)\*\//.exec(await readFile(file, 'utf8'))?.[1] ?? '';
  const text = header
    .replaceAll(/^ \* ?/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return /^.*?[.:](?= [A-Z]|$)/.exec(text)?.[0].replace(/:$/, '.').replaceAll('|', '\\|') ?? text;
}

const rows = ['| operations | what they do |', '| --- | --- |', ...(await ruleRows())];
await fillPage('docs/engine.md', [{ title: 'rules', table: rows.join('\n') }]);
