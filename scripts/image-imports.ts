/**
 * What a source file imports when it runs. In comes its text, out come module names; types, which are gone at run time,
 * are left out. Pure.
 */

/** One statement `import ... from '...'` or `export ... from '...'`; prettier has brought them all into this form. */
const STATEMENT = /^(?:import|export)\s+(?!type\s)(?:[^;']*?\sfrom\s+)?'([^']+)'/gmu;
/**
 * `import('...')`, packages that are looked up for their files (`require.resolve('x/package.json')`), and files that are run
 * in another process (`new URL('./x.ts', import.meta.url)`).
 */
const EXPRESSION = /\b(?:import|new URL|resolve)\(\s*'([^']+)'/gu;

/** @returns module names and relative paths, as they are written; a file to be run always begins with a dot */
export function importsOf(source: string): readonly string[] {
  const statements = [...source.matchAll(STATEMENT)].map(([, name]) => name ?? '');
  const expressions = [...source.matchAll(EXPRESSION)].map(([text, name = '']) =>
    text.startsWith('new') && !name.startsWith('.') ? `./${name}` : name,
  );
  return [
    ...statements,
    ...expressions.filter((name) => !name.startsWith('.') || /\.m?ts$/u.test(name)),
  ].filter((name) => !name.startsWith('node:'));
}

/** The package that a module name belongs to. */
export function packageOf(specifier: string): string {
  const [scope = '', name = ''] = specifier.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}
