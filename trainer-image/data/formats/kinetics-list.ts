/**
 * Reads the list format of Kinetics: one `path label` a line, or `path frames label` (the count is not used), or `path`
 * alone for class 0. Where the loss takes several classes a video, `label` may be numbers with commas between them. In comes
 * the text of a CSV file, out goes a VideoList; the trainer and the command line call it.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf } from '../../../multigrid/errors/message-of.ts';
import type { FilledSpec } from '../../../multigrid/api/filled-spec.ts';
import { type LabelledVideo, type VideoList, VideoListError } from '../video-list.ts';

export interface KineticsListOptions {
  /** Folder that relative paths start from. */
  readonly root: string;
  readonly numClasses: number;
  /** Whether a video may have several classes. @default false */
  readonly severalLabels?: boolean;
  /** Between the fields of a line. @default ' ' */
  readonly separator?: string;
}

/** What a job says of the form of its lists. */
export function listFormOf({ model, data, recipe }: FilledSpec): Omit<KineticsListOptions, 'root'> {
  return {
    numClasses: model.numClasses,
    separator: data.loader.separator,
    severalLabels: recipe.loss === 'binary-cross-entropy',
  };
}

/** More would bury the first one, which is usually the cause of the others. */
const PROBLEMS_SHOWN = 5;

const WHOLE_NUMBER = /^\d+$/;

/**
 * Reads a list file.
 *
 * @throws {@link VideoListError} when the file cannot be read, holds no video, or has lines that are not of the format.
 */
export async function readKineticsList(path: string, options: KineticsListOptions): Promise<VideoList> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const detail = messageOf(error);
    throw new VideoListError(path, `${detail}. Check spec.data.train, spec.data.val and the data folder.`, {
      cause: error,
    });
  }
  return parseKineticsList(text, { ...options, source: path });
}

/**
 * Reads the text of a list. Empty lines are passed over.
 *
 * @throws {@link VideoListError} with the numbers of the lines at fault.
 */
export function parseKineticsList(
  text: string,
  options: KineticsListOptions & { readonly source: string },
): VideoList {
  const { source, numClasses } = options;
  const videos: LabelledVideo[] = [];
  const problems: string[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '') {
      continue;
    }
    const parsed = parseLine(line.trim(), options);
    if (typeof parsed === 'string') {
      problems.push(`line ${index + 1}: ${parsed}`);
    } else {
      videos.push(parsed);
    }
  }
  if (problems.length > 0) {
    const rest = problems.length - PROBLEMS_SHOWN;
    const tail = rest > 0 ? `; and ${rest} more lines` : '';
    throw new VideoListError(source, problems.slice(0, PROBLEMS_SHOWN).join('; ') + tail);
  }
  if (videos.length === 0) {
    throw new VideoListError(source, 'it holds no video. Write one "path label" a line.');
  }
  return { source, videos, numClasses };
}

/** The video, or what is wrong with the line. */
function parseLine(line: string, options: KineticsListOptions): LabelledVideo | string {
  const { root, separator = ' ' } = options;
  const fields = line.split(separator).map((field) => field.trim());
  const [path = ''] = fields;
  if (fields.length > 3 || path === '') {
    return (
      `expected "path label" separated by ${JSON.stringify(separator)}, got ${fields.length} fields` +
      (fields.length > 3 ? ' (does a path hold the separator? choose another one)' : ' and no path')
    );
  }
  if (fields.length === 1 && /[,;\t ]\s*\d+$/.test(path)) {
    return `no ${JSON.stringify(separator)} in ${JSON.stringify(path)}: does the list use another separator?`;
  }
  const labelText = fields.length === 1 ? '0' : fields.at(-1)!;
  const labels = parseLabels(labelText, options);
  return typeof labels === 'string' ? labels : { path: resolve(root, path), labels };
}

/** The classes, each once, or what is wrong with them. */
function parseLabels(
  text: string,
  { numClasses, severalLabels = false }: KineticsListOptions,
): readonly number[] | string {
  const parts = text.split(',');
  const isList = parts.length > 1 && parts.every((part) => WHOLE_NUMBER.test(part));
  if (isList && !severalLabels) {
    return `the label ${JSON.stringify(text)} is a list of classes; set spec.recipe.loss to binary-cross-entropy for several classes a video`;
  }
  const odd = parts.find((part) => !WHOLE_NUMBER.test(part));
  if (odd !== undefined) {
    return `the label ${JSON.stringify(isList || severalLabels ? odd : text)} is not a whole number`;
  }
  const tooLarge = parts.find((part) => Number(part) >= numClasses);
  if (tooLarge !== undefined) {
    return `the label ${tooLarge} is out of range: spec.model.numClasses is ${numClasses}, so labels are 0..${numClasses - 1}`;
  }
  return [...new Set(parts.map(Number))];
}
