/**
 * Makes one video file of the dataset: draws its scene, renders it, encodes it, and says what came out. Lives in a
 * worker process (worker.ts) and keeps the handwriting and the panoramas it has read.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeVideo } from '../video-writer.ts';
import { CLASSES } from './classes.ts';
import { Handwriting } from './handwriting.ts';
import { readPanorama } from './panorama.ts';
import { RandomStream, type VideoKey } from './random-stream.ts';
import { FRAMES_PER_SECOND, KEY_FRAME_INTERVAL, QUALITY, type Split } from './recipe.ts';
import { readBytesIfThere } from '../../../storage/missing-file.ts';
import { renderFrames } from './render.ts';
import { drawScene } from './scene.ts';
import { sha256Hex } from '../../../storage/sha256.ts';
import { makeFolders } from '../../../storage/make-folder.ts';

/** One video as the manifest lists it. */
export interface VideoRecord {
  /** Relative to the dataset's folder, with forward slashes. */
  readonly path: string;
  readonly split: Split;
  readonly index: number;
  readonly label: number;
  /** Which handwriting of the class's digit. */
  readonly instance: number;
  readonly photo: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** E.g. `videos/train/7-left/0012.mp4`: a folder per class, as in Kinetics. */
function videoPath({ split, index }: Pick<VideoKey, 'split' | 'index'>): string {
  return `videos/${split}/${CLASSES[index % CLASSES.length]!.name}/${String(index).padStart(4, '0')}.mp4`;
}

export class VideoMaker {
  readonly #directory: string;
  readonly #size: number;
  readonly #handwriting: Handwriting;
  readonly #panoramas = new Map<string, Uint8Array>();

  private constructor(directory: string, size: number, handwriting: Handwriting) {
    this.#directory = directory;
    this.#size = size;
    this.#handwriting = handwriting;
  }

  /** @throws SourceError when the handwriting cannot be read. */
  static async create(directory: string, size: number): Promise<VideoMaker> {
    return new VideoMaker(directory, size, await Handwriting.load());
  }

  /**
   * Makes the file, or leaves it as it is when it is there: files appear whole, so it must be finished.
   *
   * @throws VideoWriteError or SourceError.
   */
  async make(key: VideoKey): Promise<{ readonly record: VideoRecord; readonly isNew: boolean }> {
    const scene = drawScene(key, this.#handwriting.counts);
    const path = videoPath(key);
    const file = join(this.#directory, path);
    let content = await readBytesIfThere(file);
    // A machine that lost power can leave an empty file behind.
    const isNew = content === undefined || content.length === 0;
    if (content === undefined || isNew) {
      const sources = {
        ink: this.#handwriting.ink(scene.class.digit, scene.instance),
        panorama: await this.#panorama(scene.photo),
      };
      const frames = renderFrames(scene, sources, this.#size, new RandomStream(key, 'noise'));
      await makeFolders(dirname(file));
      await writeVideo(file, frames, {
        width: this.#size,
        height: this.#size,
        fps: FRAMES_PER_SECOND,
        gop: KEY_FRAME_INTERVAL,
        crf: QUALITY,
      });
      content = await readFile(file);
    }
    const record = {
      path,
      split: key.split,
      index: key.index,
      label: scene.class.label,
      instance: scene.instance,
      photo: scene.photo,
      bytes: content.length,
      sha256: sha256Hex(content),
    };
    return { record, isNew };
  }

  async #panorama(name: string): Promise<Uint8Array> {
    const panorama = this.#panoramas.get(name) ?? (await readPanorama(name));
    this.#panoramas.set(name, panorama);
    return panorama;
  }
}
