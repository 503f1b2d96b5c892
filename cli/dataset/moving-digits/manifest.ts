/**
 * manifest.json: from what, with what and by which numbers the dataset was made, and the hash of every file, so that a
 * copy can be checked and a video traced back to its handwriting and its photo. make.ts writes it last: a folder that
 * has one is complete.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { ffmpegVersion } from 'node-av';
import { hasFields, isListOf, isRecord, textAt, valueAt } from '../../../multigrid/json/fields.ts';
import { CLASSES } from './classes.ts';
import { PHOTOS } from './photos.ts';
import { HANDWRITING_SHARE, RECIPE_VERSION } from './recipe.ts';
import type { Settings } from './settings.ts';
import type { VideoRecord } from './video-maker.ts';

const require = createRequire(import.meta.url);

/** A file other than a video. */
export interface FileRecord {
  /** Relative to the dataset's folder. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface Source {
  readonly what: string;
  readonly package: string;
  readonly version: string;
  readonly licence: string;
}

/** What decides about the content of the folder, and nothing else. */
export interface Fingerprint extends Settings {
  readonly dataset: 'moving-digits';
  readonly recipeVersion: number;
}

export interface Manifest {
  readonly fingerprint: Fingerprint;
  /** Other versions may give other bytes for the same fingerprint, though the same content to look at. */
  readonly software: { readonly node: string; readonly ffmpeg: string };
  readonly sources: readonly Source[];
  readonly classes: readonly string[];
  /** Which photos and which part of every digit's handwriting a split has seen. */
  readonly splits: Readonly<Record<string, unknown>>;
  readonly files: readonly FileRecord[];
  readonly videos: readonly VideoRecord[];
}

export function fingerprintOf(settings: Settings): Fingerprint {
  return { dataset: 'moving-digits', recipeVersion: RECIPE_VERSION, ...settings };
}

/** @param videos - In the order of the lists. */
export async function describe(
  settings: Settings,
  videos: readonly VideoRecord[],
  files: readonly FileRecord[],
): Promise<Manifest> {
  return {
    fingerprint: fingerprintOf(settings),
    software: { node: process.versions.node, ffmpeg: ffmpegVersion() },
    sources: await describeSources(),
    classes: CLASSES.map(({ name }) => name),
    splits: Object.fromEntries(
      Object.entries(HANDWRITING_SHARE).map(([split, handwriting]) => [
        split,
        { handwriting, photos: PHOTOS.filter((photo) => photo.split === split).map(({ name }) => name) },
      ]),
    ),
    files,
    videos,
  };
}

/** @throws SyntaxError when the text is no manifest of this dataset. */
export function parseManifest(text: string): Manifest {
  const value: unknown = JSON.parse(text);
  if (!isManifest(value)) {
    throw new SyntaxError('fingerprint, files or videos are missing');
  }
  return value;
}

/** Looks at the parts that are read again; the rest is for people. */
function isManifest(value: unknown): value is Manifest {
  const lists = [valueAt(value, 'files'), valueAt(value, 'videos')];
  return (
    isRecord(value) && 'fingerprint' in value && lists.every((records) => isListOf(records, isFileRecord))
  );
}

function isFileRecord(value: unknown): value is FileRecord {
  return hasFields(value, 'string', ['path', 'sha256']) && hasFields(value, 'number', ['bytes']);
}

async function describeSources(): Promise<Source[]> {
  return [
    {
      what: 'handwritten digits of the MNIST database (Y. LeCun, C. Cortes, C. Burges)',
      package: 'mnist',
      version: await versionIn(require.resolve('mnist/package.json')),
      licence: 'package MIT; the database CC BY-SA 3.0',
    },
    {
      what: 'panoramas photographed for Poly Haven',
      package: '@pmndrs/assets',
      version: await versionIn(require.resolve('@pmndrs/assets/package.json')),
      licence: 'CC0-1.0, package and photos',
    },
  ];
}

async function versionIn(packageFile: string): Promise<string> {
  const description: unknown = JSON.parse(await readFile(packageFile, 'utf8'));
  return textAt(description, 'version') ?? 'unknown';
}
