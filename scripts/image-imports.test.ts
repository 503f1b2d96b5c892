import { expect, test } from '@jest/globals';
import { importsOf, packageOf } from './image-imports.ts';

const SOURCE = `
/** Text about import('nothing')... is harmless when no such file is there. */
import { readFile } from 'node:fs/promises';
import type { Plan } from './types.ts';
import { type KubeConfig, Watch } from '@kubernetes/client-node';
import {
  one,
  two,
} from './many.ts';
import './effect.ts';
export { three } from '../three.ts';
export type { Four } from './four.ts';
const later = await import('./later.ts');
const PROGRAM = fileURLToPath(new URL('./child.ts', import.meta.url));
const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
const folder = dirname(require.resolve('mnist/package.json'));
const DATA = new URL('./data.json', import.meta.url);
`;

test('imports of all forms are found, types and files that are only read are not', () => {
  expect(importsOf(SOURCE.split('\n').slice(2).join('\n'))).toEqual([
    '@kubernetes/client-node',
    './many.ts',
    './effect.ts',
    '../three.ts',
    './later.ts',
    './child.ts',
    './worker.ts',
    'mnist/package.json',
  ]);
});

test.each([
  ['ajv/dist/2020.js', 'ajv'],
  ['@kubernetes/client-node', '@kubernetes/client-node'],
  ['@bufbuild/protobuf/wire', '@bufbuild/protobuf'],
])('%s is of the package %s', (specifier, name) => {
  expect(packageOf(specifier)).toBe(name);
});
