/**
 * `node scripts/image-package.ts ENTRY...`: the package.json of a container image. In: files that the image runs. Out, on
 * standard output: this project's package.json with those dependencies alone that the files reach through their imports,
 * so that an image cannot carry what it does not use, nor lack what it does. The Dockerfiles call it before `npm install`.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { argv, stdout } from 'node:process';
import { packageOf, importsOf } from './image-imports.ts';

const ROOT = dirname(import.meta.dirname);

interface Package {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly type: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Packages that `entries` reach, by following every import of ours. */
function reachedPackages(entries: readonly string[]): ReadonlySet<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const open = entries.map((entry) => join(ROOT, entry));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) {
      continue;
    }
    seen.add(file);
    for (const specifier of importsOf(read(file))) {
      if (specifier.startsWith('.')) {
        open.push(join(dirname(file), specifier));
      } else {
        packages.add(packageOf(specifier));
      }
    }
  }
  return packages;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${relative(ROOT, file)} is imported or named as an entry, and cannot be read`, {
      cause: error,
    });
  }
}

function main(entries: readonly string[]): void {
  if (entries.length === 0) {
    throw new Error('name the files that the image runs, from the root of the repository');
  }
  const { name, version, license, type, dependencies } = JSON.parse(
    read(join(ROOT, 'package.json')),
  ) as Package;
  const reached = reachedPackages(entries);
  const kept = Object.entries(dependencies).filter(([dependency]) => reached.has(dependency));
  const image = { name, version, private: true, license, type, dependencies: Object.fromEntries(kept) };
  stdout.write(`${JSON.stringify(image, null, 2)}\n`);
}

main(argv.slice(2));
