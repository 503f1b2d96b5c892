/**
 * What a job's data is, short enough to be compared between workers. In: its lists and class names. Out: named texts, each with a
 * count and a hash. Pure. Where the videos lie does not matter, as long as they are called the same.
 */
import { relative } from 'node:path';
import { sha256Hex } from '../../../storage/sha256.ts';
import type { VideoList } from '../../data/video-list.ts';
import type { VideoLists } from '../clip-source.ts';

const DIGITS = 12;

export function dataInWords(
  { train, val, test }: VideoLists,
  classNames: readonly string[],
  dataDir: string,
): Readonly<Record<string, string>> {
  const inWords = ({ videos }: VideoList): string => {
    const lines = videos.map(({ path, labels }) => `${relative(dataDir, path)} ${labels.join()}`);
    return `${videos.length} videos (${sha256Hex(lines.join('\n')).slice(0, DIGITS)})`;
  };
  return {
    'training list': inWords(train),
    'validation list': inWords(val),
    'test list': inWords(test),
    'class names': `${classNames.length} (${sha256Hex(classNames.join('\n')).slice(0, DIGITS)})`,
  };
}
