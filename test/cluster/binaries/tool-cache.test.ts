import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './debian-packages.ts';
import { isSetReady, setFolder, ToolMissingError, toolPath } from './tool-cache.ts';
import { TOOL_SETS } from './tool-sets.ts';

const itWithGo = findProgram('go') === null ? it.skip : it;

describe('the programs of the test cluster', () => {
  const saved = { ...process.env };
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'multigrid-tools-'));
    process.env['XDG_CACHE_HOME'] = folder;
    delete process.env['KUBEBUILDER_ASSETS'];
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
    process.env = { ...saved };
  });

  itWithGo('are missing, with the command that builds them, until they are built', () => {
    expect(() => toolPath('kubelet')).toThrow(ToolMissingError);
    expect(() => toolPath('kubelet')).toThrow(/cluster:build/u);
    expect(TOOL_SETS.some(isSetReady)).toBe(false);
  });

  it("are the user's own where KUBEBUILDER_ASSETS has them", () => {
    process.env['KUBEBUILDER_ASSETS'] = folder;
    writeFileSync(join(folder, 'etcd'), '');
    expect(toolPath('etcd')).toBe(join(folder, 'etcd'));
    expect(TOOL_SETS.filter((set) => set.name === 'etcd').every(isSetReady)).toBe(true);
  });

  itWithGo('have a folder of their own for every set of flags', () => {
    const [set] = TOOL_SETS;
    expect(setFolder({ ...set!, stamps: {} })).not.toBe(setFolder(set!));
    expect(setFolder({ ...set! })).toBe(setFolder(set!));
  });
});
