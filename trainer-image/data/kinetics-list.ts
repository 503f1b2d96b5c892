/**
 * Reads the list format of Kinetics: one `path label` a line, or `path frames label` (the count is not used), or `path`
 * alone for class 0. In comes the text of a CSV file, out goes a VideoList; the trainer and the command line call it.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type LabelledVideo, type VideoList, VideoListError } from './video-list.ts';

export interface KineticsListOptions {
  /** Folder that relative paths start from. */
  readonly root: string;
  readonly numClasses: number;
  /** Between the fields of a line. @default ' ' */
  readonly separator?: string;
}

/** More would bury the first one, which is usually the cause of the others. */
const PROBLEMS_SHOWN = 5;

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
    const detail = error instanceof Error ? error.message : String(error);
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
  const { root, numClasses, separator = ' ' } = options;
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
  if (!/^\d+$/.test(labelText)) {
    return `the label ${JSON.stringify(labelText)} is not a whole number`;
  }
  const label = Number(labelText);
  if (label >= numClasses) {
    return `the label ${labelText} is out of range: spec.model.numClasses is ${numClasses}, so labels are 0..${numClasses - 1}`;
  }
  return { path: resolve(root, path), label };
}
