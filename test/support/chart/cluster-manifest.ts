/** The CI-sized quickstart as a job of a cluster: its data and output on storage that all nodes share. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isRecord } from '../../../multigrid/json/fields.ts';

const EXAMPLE = 'examples/quickstart-small.yaml';
const CLIPS = 64;

/** @param sharedFolder - has `data/moving-digits` and `runs/NAME` */
export async function clusterManifest(name: string, sharedFolder: string): Promise<object> {
  const manifest: unknown = parse(await readFile(EXAMPLE, 'utf8'));
  const spec = isRecord(manifest) ? manifest['spec'] : null;
  const data = isRecord(spec) ? spec['data'] : null;
  const recipe = isRecord(spec) ? spec['recipe'] : null;
  if (!isRecord(manifest) || !isRecord(spec) || !isRecord(data) || !isRecord(recipe)) {
    throw new TypeError(`${EXAMPLE} is no manifest`);
  }
  const hostPath = (folder: string): object => ({ hostPath: { path: join(sharedFolder, folder) } });
  return {
    ...manifest,
    metadata: { name },
    spec: {
      ...spec,
      data: {
        ...data,
        train: 'train.csv',
        val: 'val.csv',
        test: 'test.csv',
        classes: 'classes.txt',
        clips: CLIPS,
      },
      // Long enough that operators come and go while it trains.
      recipe: { ...recipe, epochs: 60, steps: [0, 40] },
      workers: {
        resources: { requests: { cpu: '100m', memory: '600Mi' } },
        template: { imagePullPolicy: 'Never' },
      },
      volumes: { data: hostPath('data/moving-digits'), output: hostPath('runs') },
    },
  };
}
