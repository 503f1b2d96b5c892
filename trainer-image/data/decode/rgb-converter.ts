/**
 * Decoded pictures in, upright RGB out. The colour matrix and range are those the picture itself names (BT.601 when it
 * names none), as the `ffmpeg` command does. One converter belongs to one video file.
 */
import {
  AV_PIX_FMT_RGB24,
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_RGB,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_UNSPECIFIED,
  SWS_BICUBIC,
  type AVPixelFormat,
} from 'node-av/constants';
import { FFmpegError, Frame, SoftwareScaleContext } from 'node-av/lib';
import type { FrameSize } from '../spatial-sampling.ts';
import { ClipFailure } from './clip-failure.ts';
import { isUpright, orient, type Orientation } from './orientation.ts';

/** Colour spaces whose matrix is the scaler's own default. */
const DEFAULT_MATRIX: readonly number[] = [AVCOL_SPC_UNSPECIFIED, AVCOL_SPC_BT470BG, AVCOL_SPC_SMPTE170M];

export class RgbConverter {
  readonly #size: FrameSize;
  readonly #orientation: Orientation;
  readonly #rgb = new Frame();
  /** The pixels of `#rgb`, in place. */
  readonly #pixels: Uint8Array;
  #scaler: SoftwareScaleContext | null = null;
  #format: AVPixelFormat | null = null;

  /** @param size - of the stored pictures. */
  constructor(size: FrameSize, orientation: Orientation) {
    this.#size = size;
    this.#orientation = orientation;
    this.#rgb.alloc();
    this.#rgb.width = size.width;
    this.#rgb.height = size.height;
    this.#rgb.format = AV_PIX_FMT_RGB24;
    this.#rgb.colorRange = AVCOL_RANGE_JPEG;
    this.#rgb.colorSpace = AVCOL_SPC_RGB;
    // Without alignment: rows follow each other, as in the target.
    requireSuccess(this.#rgb.getBuffer(1), 'make room for a picture');
    this.#pixels = this.#rgb.data![0]!;
  }

  /** Whether a picture has the size this converter was made for; a stream may change it half-way. */
  fits(picture: Frame): boolean {
    return picture.width === this.#size.width && picture.height === this.#size.height;
  }

  /**
   * Writes one picture, RGB `[H, W, 3]` in its shown orientation, into `target` from `offset` on.
   *
   * @param format - of the picture, as the decoder gives it.
   */
  convert(picture: Frame, format: AVPixelFormat, target: Uint8Array, offset: number): void {
    const scaler = this.#scalerFor(picture, format);
    requireSuccess(scaler.scaleFrameSync(this.#rgb, picture), 'convert a picture to RGB');
    if (isUpright(this.#orientation)) {
      target.set(this.#pixels, offset);
    } else {
      orient(
        this.#pixels,
        this.#size,
        this.#orientation,
        target.subarray(offset, offset + this.#pixels.length),
      );
    }
  }

  close(): void {
    this.#scaler?.freeContext();
    this.#rgb.free();
  }

  #scalerFor(picture: Frame, format: AVPixelFormat): SoftwareScaleContext {
    if (this.#scaler !== null && this.#format === format) {
      return this.#scaler;
    }
    this.#scaler?.freeContext();
    const scaler = new SoftwareScaleContext();
    const { width, height } = this.#size;
    if (DEFAULT_MATRIX.includes(picture.colorSpace)) {
      scaler.getContext(width, height, format, width, height, AV_PIX_FMT_RGB24, SWS_BICUBIC);
    } else {
      // Left unconfigured, the scaler takes matrix and range from every picture.
      scaler.allocContext();
    }
    this.#scaler = scaler;
    this.#format = format;
    return scaler;
  }
}

function requireSuccess(code: number, action: string): void {
  if (code < 0) {
    throw new ClipFailure('UNREADABLE', `cannot ${action}: ${FFmpegError.strerror(code)}`);
  }
}
