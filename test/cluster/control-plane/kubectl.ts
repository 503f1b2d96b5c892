/**
 * kubectl as a person would run it: arguments in, standard output out. For set-up and assertions in tests; the code under
 * test has a client of its own.
 */
import { spawn } from 'node:child_process';
import { toolPath } from '../binaries/tool-cache.ts';

/** kubectl ended with an error. */
export class KubectlError extends Error {
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(args: readonly string[], exitCode: number | null, stderr: string) {
    super(`kubectl ${args.join(' ')} failed (${exitCode ?? 'killed'}): ${stderr.trim()}`);
    this.name = 'KubectlError';
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/**
 * @param input - what kubectl reads with `-f -`
 * @returns its standard output
 * @throws KubectlError
 */
export function runKubectl(kubeconfig: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(toolPath('kubectl'), ['--kubeconfig', kubeconfig, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  // A character may come in two chunks.
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  child.stdin.on('error', () => {
    // It ended without reading all; its exit code says whether that was right.
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) {
        resolve(stdout);
      } else {
        reject(new KubectlError(args, code, stderr));
      }
    });
  });
}
