/**
 * Writes the table of times into docs/timings.md, from the constants and their comments in multigrid/contract/timings.ts.
 * In: nothing. Out: the page; `--check` fails when the committed one is stale. Part of `npm run generate`.
 */
import { readFile } from 'node:fs/promises';
import ts from 'typescript';
import * as timings from '../multigrid/contract/timings.ts';
import { fillPage } from './fill-page.ts';

const SOURCE = new URL('../multigrid/contract/timings.ts', import.meta.url);

/** The text above a declaration, on one line. */
function commentOf(node: ts.Node, source: ts.SourceFile): string {
  const [range] = ts.getLeadingCommentRanges(source.text, node.getFullStart())?.slice(-1) ?? [];
  const text = range === undefined ? '' : source.text.slice(range.pos, range.end);
  return text
    .replace(/^\/\*\*/, '')
    .replace(/\*\/$/, '')
    .replaceAll(/^\s*\* ?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', '\\|')
    .trim();
}

/** By `GROUP` and `GROUP.member`: what the source says about it. */
function commentsIn(source: ts.SourceFile): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) {
      continue;
    }
    for (const { name, initializer } of statement.declarationList.declarations) {
      const group = name.getText(source);
      found.set(group, commentOf(statement, source));
      const members =
        initializer !== undefined && ts.isAsExpression(initializer) ? initializer.expression : null;
      for (const member of members !== null && ts.isObjectLiteralExpression(members)
        ? members.properties
        : []) {
        found.set(`${group}.${member.name?.getText(source) ?? ''}`, commentOf(member, source));
      }
    }
  }
  return found;
}

/** As people write it: 250 ms, 8 s, 15 min. */
function inWords(name: string, value: number): string {
  const ms = name.endsWith('Seconds') ? value * 1000 : value;
  if (ms < 1000) {
    return `${ms} ms`;
  }
  return ms % 60_000 === 0 && ms > 60_000 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}

const comments = commentsIn(
  ts.createSourceFile('timings.ts', await readFile(SOURCE, 'utf8'), ts.ScriptTarget.Latest),
);
/** In the order of the source; a module lists its names by the alphabet. */
const order = [...comments.keys()];
const groups = Object.entries(timings).toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b));
const rows = groups.flatMap(([group, members]) => [
  `| **${comments.get(group) ?? ''}** | | |`,
  ...Object.entries(members).map(
    ([name, value]) =>
      `| ${comments.get(`${group}.${name}`) ?? ''} | ${inWords(name, value)} | \`${group}.${name}\` |`,
  ),
]);
await fillPage('docs/timings.md', [
  {
    title: 'timings',
    table: ['| what | how long | in the source |', '| --- | --- | --- |', ...rows].join('\n'),
  },
]);
