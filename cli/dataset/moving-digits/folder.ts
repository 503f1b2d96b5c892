/**
 * The folder that a dataset is made in, and what state it is in: new, begun with the same settings, or complete. Never
 * touches a folder that holds something else.
 */
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseManifest, type FileRecord, type Fingerprint, type Manifest } from './manifest.ts';
import { readBytesIfThere } from '../../../storage/missing-file.ts';
import { sha256Hex } from '../../../storage/sha256.ts';
import { makeFolders } from '../../../storage/make-folder.ts';

const MANIFEST = 'manifest.json';
/** Marks a folder as ours until the manifest is there. */
const BEGUN = '.making.json';
const PARTIAL_BEGUN = `${BEGUN}.partial`;

/** Thrown when the folder holds other things, or the same dataset with other settings. */
export class DatasetFolderError extends Error {
  override readonly name = 'DatasetFolderError';
  readonly directory: string;

  constructor(directory: string, problem: string, options?: ErrorOptions) {
    super(`${directory} ${problem}. Choose another folder, or remove this one.`, options);
    this.directory = directory;
  }
}

export type FolderState =
  { readonly kind: 'open' } | { readonly kind: 'complete'; readonly manifest: Manifest };

/**
 * Claims a folder for a dataset, making it when it is missing.
 *
 * @throws {@link DatasetFolderError}
 */
export async function openFolder(directory: string, fingerprint: Fingerprint): Promise<FolderState> {
  await makeFolders(directory);
  const wanted = JSON.stringify(fingerprint);
  const manifest = await readManifest(directory);
  if (manifest !== undefined) {
    requireSame(directory, JSON.stringify(manifest.fingerprint), wanted);
    return { kind: 'complete', manifest };
  }
  const begun = await readTextIfThere(join(directory, BEGUN));
  if (begun !== undefined) {
    requireSame(directory, begun.trim(), wanted);
    return { kind: 'open' };
  }
  const entries = (await readdir(directory)).filter((name) => name !== PARTIAL_BEGUN);
  if (entries.length > 0) {
    throw new DatasetFolderError(
      directory,
      `is not empty (${entries.slice(0, 3).join(', ')}) and holds no dataset`,
    );
  }
  await writeFileWhole(join(directory, BEGUN), `${wanted}\n`);
  return { kind: 'open' };
}

/** Takes the manifest's place as long as files are missing. */
export async function reopenFolder(directory: string, fingerprint: Fingerprint): Promise<void> {
  await writeFileWhole(join(directory, BEGUN), `${JSON.stringify(fingerprint)}\n`);
  await rm(join(directory, MANIFEST), { force: true });
}

/** Writes the manifest: from here on the folder counts as complete. */
export async function closeFolder(directory: string, manifest: Manifest): Promise<void> {
  await writeFileWhole(join(directory, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`);
  await rm(join(directory, BEGUN), { force: true });
}

/** @returns The path of every file that is missing or has other content than its record says. */
export async function findDamage(directory: string, records: readonly FileRecord[]): Promise<string[]> {
  const damaged: string[] = [];
  for (const { path, sha256 } of records) {
    const content = await readBytesIfThere(join(directory, path));
    if (content === undefined || sha256Hex(content) !== sha256) {
      damaged.push(path);
    }
  }
  return damaged;
}

/** Writes a text file under a temporary name first and says what it is. */
export async function writeTextFile(directory: string, path: string, text: string): Promise<FileRecord> {
  await writeFileWhole(join(directory, path), text);
  const content = Buffer.from(text);
  return { path, bytes: content.length, sha256: sha256Hex(content) };
}

async function writeFileWhole(file: string, text: string): Promise<void> {
  const partial = `${file}.partial`;
  const handle = await open(partial, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}

async function readManifest(directory: string): Promise<Manifest | undefined> {
  const text = await readTextIfThere(join(directory, MANIFEST));
  if (text === undefined) {
    return undefined;
  }
  try {
    return parseManifest(text);
  } catch (error) {
    throw new DatasetFolderError(directory, `has a ${MANIFEST} that is none of this dataset's`, {
      cause: error,
    });
  }
}

function requireSame(directory: string, found: string, wanted: string): void {
  if (found !== wanted) {
    throw new DatasetFolderError(
      directory,
      `holds a dataset with other settings: ${found} instead of ${wanted}`,
    );
  }
}

async function readTextIfThere(file: string): Promise<string | undefined> {
  return (await readBytesIfThere(file))?.toString('utf8');
}
