/**
 * The scores of an evaluation that workers shared out. In: one worker's sheet, and all videos of the list. Out: scores over all of
 * them, the same on every worker and for any number of workers: verdicts are exchanged, and added up in the order of the list.
 */
import type { VideoList } from '../../data/video-list.ts';
import type { Collective } from '../collective/collective.ts';
import { type Scores, scoresOf, type ScoreSheet } from './scores.ts';
import { readVerdict, rowLength, type Verdict, writeVerdict } from './verdict.ts';

/** Numbers exchanged at a time: every worker gets as many of each other one. */
const CHUNK = 2 ** 16;

export async function scoresOfAll(
  sheet: ScoreSheet,
  { videos }: Pick<VideoList, 'videos'>,
  collective: Pick<Collective, 'size' | 'sum'>,
): Promise<Scores> {
  if (collective.size === 1) {
    return sheet.read();
  }
  const { classes, hasSeveralLabels } = sheet.task;
  const length = rowLength(hasSeveralLabels ? classes : 0);
  const rows = new Float64Array(videos.length * length);
  const rowOf = (sample: number): Float64Array => rows.subarray(sample * length, (sample + 1) * length);
  sheet.verdicts().forEach((verdict, sample) => {
    writeVerdict(rowOf(sample), verdict);
  });
  // Nobody but the one who judged a video has written to its row.
  for (let start = 0; start < rows.length; start += CHUNK) {
    await collective.sum(rows.subarray(start, start + CHUNK));
  }
  const verdicts = videos.map(({ labels }, sample) => readVerdict(rowOf(sample), labels));
  return scoresOf(
    verdicts.filter((verdict): verdict is Verdict => verdict !== null),
    sheet.task,
  );
}
