/**
 * `npm run cluster:build`: installs and builds what the test cluster consists of and this machine lacks. `npm test` does it
 * too, beside the tests that need no cluster.
 */
import { buildTools } from '../test/cluster/binaries/build-tools.ts';
import { installDebianPackages } from '../test/cluster/binaries/debian-packages.ts';
import { GoMissingError } from '../test/cluster/binaries/tool-cache.ts';

/** Exit code where there is no Go to build with: EX_UNAVAILABLE. */
const NO_GO = 69;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

installDebianPackages(say);
try {
  await buildTools(say);
} catch (error) {
  if (!(error instanceof GoMissingError)) {
    throw error;
  }
  say(error.message);
  process.exitCode = NO_GO;
}
