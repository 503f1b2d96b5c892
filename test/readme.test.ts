/**
 * The README's commands must work as they stand: those that only read are run, the others must name commands, flags and
 * npm scripts that exist. The quickstart itself and whole runs are test/e2e's.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import packageManifest from '../package.json' with { type: 'json' };
import { multigrid } from './support/command-line.ts';

const ROOT = join(import.meta.dirname, '..');
const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
const commands = [...readme.matchAll(/^```sh\n(.*?)^```/gms)]
  .flatMap(([, block]) => block!.trim().split('\n'))
  .flatMap((line) => line.split(' && '));

function argumentsOf(command: string): string[] {
  return command.replace(/^npx multigrid /, '').split(' ');
}

describe('the README', () => {
  test.each(commands.filter((command) => /^npx multigrid (validate|plan) /.test(command)))(
    'says `%s`, which works',
    async (command) => {
      const end = await multigrid(argumentsOf(command), ROOT);
      expect({ command, code: end.code, stderr: end.stderr }).toEqual({ command, code: 0, stderr: '' });
      expect(end.stdout).not.toBe('');
    },
  );

  test.each(commands.filter((command) => command.startsWith('npx multigrid ')))(
    'says `%s`, whose flags exist',
    async (command) => {
      const [name = '', ...rest] = argumentsOf(command);
      const help = await multigrid([name, '--help'], ROOT);
      expect(help.code).toBe(0);
      for (const flag of rest.filter((word) => word.startsWith('-'))) {
        expect(help.stdout).toContain(flag);
      }
    },
  );

  test.each(commands.filter((command) => command.startsWith('npm run ')))(
    'says `%s`, a script that exists',
    (command) => {
      expect(Object.keys(packageManifest.scripts)).toContain(command.split(' ')[2]);
    },
  );

  test('links to files that exist', async () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path!);
    expect(links.length).toBeGreaterThan(5);
    for (const link of links.filter((path) => !path.endsWith('/adr'))) {
      await expect(readFile(join(ROOT, link), 'utf8')).resolves.not.toBe('');
    }
  });
});
