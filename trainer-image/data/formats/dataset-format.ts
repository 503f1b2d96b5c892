/**
 * A form in which data sets come: how its list is read, and how its videos become pictures. In: the spec of a job. Out: the
 * format that everything else asks. A new format is one file here and, where its videos are no video files, one beside
 * `decode/picture-source.ts`.
 */
import type { PictureSourceName } from '../decode/picture-source.ts';
import type { VideoList } from '../video-list.ts';
import { type KineticsListOptions, parseKineticsList, readKineticsList } from './kinetics-list.ts';

/** What a list's lines may be made of, and the folder that relative paths start from. */
export type ListOptions = KineticsListOptions;

export interface DatasetFormat {
  /** How pictures are opened and which frames a clip is made of, for the decoder processes. */
  readonly pictures: PictureSourceName;
  /** @throws VideoListError when the file cannot be read, holds no video, or has lines that are not of the format */
  readList(path: string, options: ListOptions): Promise<VideoList>;
  /** @throws VideoListError with the numbers of the lines at fault */
  parseList(text: string, options: ListOptions & { readonly source: string }): VideoList;
}

/** Lists of video files with their classes, as Kinetics has them. */
const KINETICS: DatasetFormat = {
  pictures: 'video-file',
  readList: readKineticsList,
  parseList: parseKineticsList,
};

/** The format of a job's lists. There is one today, so a job does not say which. */
export function datasetFormat(): DatasetFormat {
  return KINETICS;
}
