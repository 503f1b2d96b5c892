/**
 * Where the programs of a test cluster lie. They are built once for all checkouts of a user, into a folder whose name is
 * a hash of everything they are made of; nothing there is ever changed. In comes a tool's name, out comes its path;
 * build-tools.ts puts the files there. Folder: $XDG_CACHE_HOME or ~/.cache, multigrid-operator/cluster/.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TOOL_SETS, type ToolName, type ToolSet } from './tool-sets.ts';

export const TOOLS_SOURCE = join(import.meta.dirname, '..', 'tools');

/** The first Go that builds this Kubernetes. */
export const GO_MINIMUM = '1.26';

/** Go, or a new enough one, is not on this machine, so that nothing can be built. */
export class GoMissingError extends Error {
  constructor(found: string) {
    super(`building Kubernetes needs Go ${GO_MINIMUM} or newer on the PATH: ${found}`);
    this.name = 'GoMissingError';
  }
}

/** A program that no build has put in its place yet. */
export class ToolMissingError extends Error {
  constructor(tool: ToolName) {
    super(`${tool} of the test cluster is not built: run \`npm run cluster:build\` (about 10 minutes, once)`);
    this.name = 'ToolMissingError';
  }
}

/** The folder of everything that test clusters keep between runs. */
export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(base, 'multigrid-operator', 'cluster');
}

let foundGo: string | undefined;

/**
 * @returns such as `go1.26.8`
 * @throws GoMissingError
 */
export function goVersion(): string {
  foundGo ??= readGoVersion();
  return foundGo;
}

function readGoVersion(): string {
  let version: string;
  try {
    // In the module's folder, where its `go` line may choose a newer toolchain.
    version = execFileSync('go', ['env', 'GOVERSION'], { cwd: TOOLS_SOURCE, encoding: 'utf8' }).trim();
  } catch (error) {
    throw new GoMissingError(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
  const [major = 0, minor = 0] = version.replace('go', '').split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = GO_MINIMUM.split('.').map(Number);
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    throw new GoMissingError(`found ${version}`);
  }
  return version;
}

/** The linker's flags: no symbol table, and the versions. */
export function linkerFlags(set: ToolSet): string {
  const stamps = Object.entries(set.stamps).map(([name, value]) => `-X ${name}=${value}`);
  return ['-s', '-w', ...stamps].join(' ');
}

/**
 * The folder of a set's programs, there or not.
 *
 * @throws GoMissingError since the compiler is part of the name
 */
export function setFolder(set: ToolSet): string {
  const hash = createHash('sha256').update(JSON.stringify([goVersion(), process.arch, linkerFlags(set)]));
  for (const file of ['go.mod', 'go.sum', ...set.sources]) {
    hash.update(`\n${file}\n`).update(readFileSync(join(TOOLS_SOURCE, set.module, file)));
  }
  return join(cacheFolder(), `${set.name}-${hash.digest('hex').slice(0, 16)}`);
}

/** A program of the folder that KUBEBUILDER_ASSETS names, where people of that field keep theirs. */
export function ownAsset(tool: ToolName): string | null {
  const folder = process.env['KUBEBUILDER_ASSETS'];
  const path = folder === undefined ? null : join(folder, tool);
  return path !== null && existsSync(path) ? path : null;
}

/** Everything of the set is there: from the user's own assets, or built. */
export function isSetReady(set: ToolSet): boolean {
  return set.tools.every((tool) => ownAsset(tool) !== null) || existsSync(setFolder(set));
}

/**
 * @returns the path of a program
 * @throws ToolMissingError when it has not been built
 */
export function toolPath(tool: ToolName): string {
  const own = ownAsset(tool);
  if (own !== null) {
    return own;
  }
  const set = TOOL_SETS.find((candidate) => candidate.tools.includes(tool));
  const path = set === undefined ? null : join(setFolder(set), tool);
  if (path === null || !existsSync(path)) {
    throw new ToolMissingError(tool);
  }
  return path;
}
