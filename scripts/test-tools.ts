/**
 * The tools that tests compare against and that a fresh machine may lack: FFmpeg's own command line (the decoder's
 * oracle) from Debian's packages, MPICH, Python's onnxruntime (which must run our exported model) in a virtual environment under
 * .cache, and the Kubernetes that the cluster tests run on, built from source into the user's cache. What cannot be
 * brought is said; the suites that need it then skip themselves with the reason.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { ToolBuildError } from '../test/cluster/binaries/build-tools.ts';
import { installDebianPackages } from '../test/cluster/binaries/debian-packages.ts';

type Say = (line: string) => void;

/** Exit code of the build where there is no Go to build with: EX_UNAVAILABLE. */
const NO_GO = 69;

/** The Python that has onnxruntime, for tests to call. */
const VENV = '.cache/python';
const PYTHON_PACKAGES = ['onnxruntime==1.30.0', 'numpy==2.4.6'];

function run(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

function has(command: string): boolean {
  return spawnSync(command, ['-version'], { stdio: 'ignore' }).error === undefined;
}

function bringFfmpeg(say: Say): void {
  if (has('ffmpeg')) {
    return;
  }
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    say(
      'ffmpeg is not installed, and only root on Debian can install it here: its comparisons will be skipped',
    );
    return;
  }
  say('installing ffmpeg (about 200 packages, once) ...');
  const install = ['install', '-y', '-qq', '--no-install-recommends', 'ffmpeg'];
  if (!run('apt-get', install)) {
    run('apt-get', ['update', '-qq']);
    run('apt-get', install);
  }
}

function bringPython(say: Say): void {
  const stamp = `${VENV}/packages.txt`;
  const wanted = PYTHON_PACKAGES.join('\n');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
    return;
  }
  say(`installing ${PYTHON_PACKAGES.join(' and ')} for Python into ${VENV} (once) ...`);
  mkdirSync('.cache', { recursive: true });
  const isReady =
    run('python3', ['-m', 'venv', VENV]) &&
    run(`${VENV}/bin/python`, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      ...PYTHON_PACKAGES,
    ]);
  if (isReady) {
    writeFileSync(stamp, wanted);
  } else {
    say(
      'Python with onnxruntime could not be set up: the check of the exported model in Python will be skipped',
    );
  }
}

/** Runs a script of ours at low priority, so that tests can run meanwhile. @returns its exit code */
async function runBeside(script: string): Promise<number | null> {
  const child = spawn(process.execPath, [script], { stdio: 'inherit' });
  if (child.pid !== undefined) {
    setPriority(child.pid, constants.priority.PRIORITY_LOW);
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

/**
 * Builds the programs of the test cluster and the images for its nodes that the cache lacks, beside tests that need neither.
 *
 * @returns when they are there, or cannot be had, which is said: tests on a cluster are then skipped
 * @throws ToolBuildError when the cluster's programs do not build: that is a fault, not a lack
 */
export async function startClusterTools(say: Say): Promise<void> {
  installDebianPackages(say);
  const [code, imagesCode] = await Promise.all([
    runBeside('scripts/build-cluster-tools.ts'),
    runBeside('scripts/build-test-images.ts'),
  ]);
  if (code === NO_GO) {
    say('Tests on a cluster will be skipped');
  } else if (code !== 0) {
    throw new ToolBuildError('its programs', `the build ended with exit code ${code ?? 'of a signal'}`);
  }
  if (imagesCode !== 0) {
    say('The images for the nodes could not be built; the suites that need them will say why');
  }
}

/** Installs what tests of the first stage compare with; says what it does and what it could not bring. */
export function bringTestTools(say: Say): void {
  bringFfmpeg(say);
  bringPython(say);
  if (!run(process.execPath, ['scripts/install-mpi.ts'])) {
    say('MPICH could not be installed: tests with several ranks will be skipped');
  }
}
