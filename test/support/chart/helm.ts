/**
 * helm as a person would run it, on this project's chart. In come arguments and values, out comes what it printed, or an
 * error with what it complained of.
 */
import { execFile } from 'node:child_process';
import { parseAllDocuments } from 'yaml';
import { toolPath } from '../../cluster/cluster.ts';

export const CHART = 'charts/multigrid-operator';

/** helm refused, or failed. */
export class HelmError extends Error {
  override readonly name = 'HelmError';
}

/** An object of a rendered chart. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

export interface HelmOptions {
  /** Values, as `-f` would read them. */
  readonly values?: object;
  readonly kubeconfig?: string;
}

/** @throws HelmError */
export function helm(args: readonly string[], { values, kubeconfig }: HelmOptions = {}): Promise<string> {
  const given = values === undefined ? [] : ['--values', '-'];
  const cluster = kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig];
  return new Promise((resolve, reject) => {
    const child = execFile(
      toolPath('helm'),
      [...args, ...given, ...cluster],
      { maxBuffer: 64 * 2 ** 20 },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
        } else {
          reject(
            new HelmError(`helm ${args.join(' ')}: ${stderr.trim() || stdout.trim()}`, { cause: error }),
          );
        }
      },
    );
    child.stdin?.on('error', () => {
      // It ended before it read its values; its own message says why.
    });
    child.stdin?.end(values === undefined ? '' : JSON.stringify(values));
  });
}

/** The chart's objects with these values, as text. */
export function render(values: object, ...args: readonly string[]): Promise<string> {
  return helm(['template', 'mgt', CHART, '--namespace', 'multigrid-system', ...args], { values });
}

/** The chart's objects with these values. */
export async function renderObjects(
  values: object,
  ...args: readonly string[]
): Promise<readonly Rendered[]> {
  const documents = parseAllDocuments(await render(values, ...args));
  return documents.map((document) => document.toJS() as unknown).filter(isRendered);
}

function isRendered(value: unknown): value is Rendered {
  return typeof value === 'object' && value !== null && 'kind' in value && 'metadata' in value;
}
