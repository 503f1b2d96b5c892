/**
 * The files that a job names in its data part, as paths and as lists. In: the filled spec, the folder that its paths
 * start from. Out: the three video lists.
 */
import { dirname, resolve } from 'node:path';
import type { FilledSpec } from '../../../multigrid/api/filled-spec.ts';
import { datasetFormat } from '../../data/formats/dataset-format.ts';
import { listFormOf } from '../../data/formats/kinetics-list.ts';
import type { VideoList } from '../../data/video-list.ts';
import type { VideoLists } from '../clip-source.ts';

/** @throws VideoListError when a list is missing, empty or not right. */
export async function readLists(spec: FilledSpec, dataDir: string): Promise<VideoLists> {
  const { data } = spec;
  return {
    train: await readList(spec, dataDir, data.train),
    val: await readList(spec, dataDir, data.val),
    test: await readList(spec, dataDir, data.test),
  };
}

/** Path of the class names; null when the job names none. */
export function classFile(spec: FilledSpec, dataDir: string): string | null {
  const { classes } = spec.data;
  return classes === null ? null : resolve(dataDir, classes);
}

function readList(spec: FilledSpec, dataDir: string, list: string): Promise<VideoList> {
  const path = resolve(dataDir, list);
  const { root } = spec.data;
  return datasetFormat().readList(path, {
    root: root === null ? dirname(path) : resolve(dataDir, root),
    ...listFormOf(spec),
  });
}
