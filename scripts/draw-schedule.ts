/**
 * Draws docs/grid-schedule.svg, the picture in the README, from the plan of examples/quickstart.yaml by the code that
 * draws reports, so that it cannot show what the program does not do. `--check` fails when the committed one is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { readManifest } from '../multigrid/api/manifest.ts';
import { planTraining } from '../multigrid/plan/plan.ts';
import { WIDE } from '../trainer-image/report/charts/draw.ts';
import { scheduleChart } from '../trainer-image/report/charts/schedule-chart.ts';
import { drawSvgFile } from '../trainer-image/report/charts/svg-file.ts';
import { sha256Hex } from '../storage/sha256.ts';

const MANIFEST = new URL('../examples/quickstart.yaml', import.meta.url);
const PICTURE = new URL('../docs/grid-schedule.svg', import.meta.url);
/** Training videos that `multigrid dataset make moving-digits` makes. */
const CLIPS = 1200;

async function drawPicture(): Promise<string> {
  const reading = readManifest(await readFile(MANIFEST, 'utf8'));
  if (!reading.ok) {
    throw new Error(`examples/quickstart.yaml: ${reading.errors.map(({ message }) => message).join('; ')}`);
  }
  return drawSvgFile(scheduleChart(planTraining(reading.spec, CLIPS, sha256Hex)), WIDE);
}

const picture = await drawPicture();
if (!process.argv.includes('--check')) {
  await writeFile(PICTURE, picture);
  process.stdout.write('wrote docs/grid-schedule.svg\n');
} else if ((await readFile(PICTURE, 'utf8').catch(() => '')) !== picture) {
  process.stderr.write(
    'docs/grid-schedule.svg is stale: run `node scripts/draw-schedule.ts` and commit the result\n',
  );
  process.exitCode = 1;
}
