/**
 * `npm run headers`: headers of source files say what comes in and what goes out, not who calls: such a claim is wrong as
 * soon as somebody else calls, and the import graph knows better. In: the files that git knows. Out: the ones at fault.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stdout } from 'node:process';

const HEADER = /^\s*\/\*\*([\s\S]*?)\*\//u;
const FILE = String.raw`\x60?[\w./-]+\.ts\x60?`;
/** "Called by x.ts", "x.ts calls it". */
const CLAIM = new RegExp(
  String.raw`\b(?:called|used|made|started|opened|closed|composed|loaded|asked|drawn|fed|served|printed)\b[^.;]*?\bby ${FILE}` +
    String.raw`|${FILE} (?:calls|uses|makes|starts|reads|asks|runs) (?:it|this|them)\b`,
  'iu',
);

/** What the header of a source file says about its callers; null when it says nothing. */
export function claimIn(source: string): string | null {
  const text = (HEADER.exec(source)?.[1] ?? '').replaceAll(/\s*\n\s*\*\s?/gu, ' ');
  return CLAIM.exec(text)?.[0] ?? null;
}

const files = execFileSync('git', ['ls-files', '*.ts', '*.mjs'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && !file.endsWith('.gen.ts'));
const claims = files.flatMap((file) => {
  const claim = claimIn(readFileSync(file, 'utf8'));
  return claim === null ? [] : [`${file}: "${claim}" in its header: say what comes in and goes out instead`];
});
stdout.write(claims.map((line) => `${line}\n`).join(''));
process.exitCode = claims.length > 0 ? 1 : 0;
