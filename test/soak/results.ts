/**
 * What a run leaves in its folder, and how two of them differ. In: folders. Out: the model's bytes, the events without what
 * is measured by a clock, the names of the files; and sentences about what is not the same.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readMetrics } from '../../trainer-image/run-folder/metrics-reader.ts';
import { timeless } from '../support/small-job.ts';

/** What a run leaves that is not a result: logs, and checkpoints whose numbers follow from where it was resumed. */
const NOT_COMPARED = ['trainer.log', 'events.jsonl', 'checkpoints'];

export interface Results {
  readonly model: Buffer;
  readonly events: readonly unknown[];
  readonly files: readonly string[];
}

export async function resultsIn(folder: string): Promise<Results> {
  const model = await readFile(join(folder, 'model.onnx'));
  const events = timeless(await readMetrics(join(folder, 'metrics.jsonl')));
  const checkpoints = await readdir(join(folder, 'checkpoints'));
  const files = (await readdir(folder)).filter((name) => !NOT_COMPARED.includes(name));
  const halves = checkpoints.filter((name) => !/^iteration-\d{8}\.(json|safetensors)$/.test(name));
  return { model, events, files: [...files, ...halves.map((name) => `checkpoints/${name}`)].sort() };
}

/** What is not as the calm run left it; empty when all is. */
export function differencesBetween(calm: Results, { model, events, files }: Results): readonly string[] {
  const changed = events.findIndex((event, index) => !isDeepStrictEqual(event, calm.events[index]));
  return [
    ...(model.equals(calm.model) ? [] : ['the bytes of model.onnx']),
    ...(isDeepStrictEqual(events, calm.events)
      ? []
      : [
          `metrics.jsonl: ${describeEvent(events, changed)} in the place of ${describeEvent(calm.events, changed)}`,
        ]),
    ...files.filter((name) => !calm.files.includes(name)).map((name) => `${name} left behind`),
    ...calm.files.filter((name) => !files.includes(name)).map((name) => `no ${name}`),
  ];
}

/** Iterations that are done, by the run's own log. */
export async function iterationsIn(folder: string): Promise<number> {
  const text = await readFile(join(folder, 'metrics.jsonl'), 'utf8').catch(() => '');
  const last = [...text.matchAll(/"kind":"step".*?"iteration":(\d+)/g)].at(-1);
  return last === undefined ? 0 : Number(last[1]) + 1;
}

function describeEvent(events: readonly unknown[], index: number): string {
  const event = index < 0 ? undefined : events[index];
  return event === undefined ? 'nothing' : JSON.stringify(event);
}
