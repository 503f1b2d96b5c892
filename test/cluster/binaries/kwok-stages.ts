/**
 * The stages by which KWOK lets fake nodes and pods live: nodes are ready and renew their lease, pods become ready,
 * complete and are deleted at once. They come from KWOK's own module, of the version that is built, and lie beside its
 * binary.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOOLS_SOURCE } from './tool-cache.ts';

export const KWOK_STAGES = 'stages';

const FOLDERS = ['node/fast', 'node/heartbeat-with-lease', 'pod/fast'];

/** Writes the stages into a folder of that name in the given one, a file each. */
export function copyKwokStages(folder: string): void {
  const module = execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', 'sigs.k8s.io/kwok'], {
    cwd: TOOLS_SOURCE,
    encoding: 'utf8',
  }).trim();
  const target = join(folder, KWOK_STAGES);
  mkdirSync(target);
  for (const name of FOLDERS) {
    const source = join(module, 'kustomize', 'stage', name);
    const files = readdirSync(source).filter(
      (file) => file.endsWith('.yaml') && !file.includes('kustomization'),
    );
    for (const file of files) {
      // Read and written, not copied: in the module everything is read-only.
      writeFileSync(join(target, `${name.replace('/', '-')}-${file}`), readFileSync(join(source, file)));
    }
  }
}
