/**
 * The folder of a container runtime with images in it, made once and kept: importing the trainer's image takes a node ten
 * seconds of a core. In come archives, out comes a folder, of which every node gets a copy that shares the files that are
 * only read.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from '../archives/archive-cache.ts';
import { runTied } from '../run-folder/tied-command.ts';

const run = promisify(execFile);

/** Of the images that a kubelet sees. */
const NAMESPACE = 'k8s.io';

/** Where the runtime is: its settings, its socket. What follows are the archives. */
const IMPORT = `set -eu
containerd -c "$1" >&2 & runtime=$!
socket=$2; shift 2
until ctr --address "$socket" version >/dev/null 2>&1; do kill -0 $runtime; sleep 0.05; done
for archive; do ctr --address "$socket" --namespace ${NAMESPACE} images import "$archive"; done
kill $runtime
wait $runtime`;

/** Databases are written in place: each copy has its own. All else is written once, and at most removed. */
const COPY = `set -eu
cp -a --link "$1/." "$2" || cp -a "$1/." "$2"
cd "$1"
for database in */*.db; do cp --remove-destination "$database" "$2/$database"; done`;

/**
 * Needs root and containerd.
 *
 * @param archives - of cachedArchive, by whose names their content is known
 * @returns what copyImageStore takes
 * @throws TiedCommandError
 */
export async function imageStore(archives: readonly string[]): Promise<string> {
  const names = archives.map((archive) => `${basename(dirname(archive))}/${basename(archive)}`);
  const key = createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 16);
  return cachedFolder('stores', key, async (output, folder) => {
    const [settings, socket] = [join(folder, 'containerd.toml'), join(folder, 'containerd.sock')];
    mkdirSync(output);
    writeFileSync(
      settings,
      `version = 2
root = "${output}"
state = "${join(folder, 'state')}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${socket}"
`,
    );
    await runTied(folder, ['bash', '-c', IMPORT, 'import', settings, socket, ...archives]);
  });
}

/** @param root - of a runtime that has not been started yet */
export async function copyImageStore(store: string, root: string): Promise<void> {
  mkdirSync(root);
  await run('bash', ['-c', COPY, 'copy', store, root]);
}
