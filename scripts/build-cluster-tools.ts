/**
 * `npm run cluster:build`: installs and builds what the test cluster consists of and this machine lacks. `npm test` does it
 * too.
 */
import { buildTools } from '../test/cluster/binaries/build-tools.ts';
import { installDebianPackages } from '../test/cluster/binaries/debian-packages.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

installDebianPackages(say);
await buildTools(say);
