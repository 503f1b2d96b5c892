/**
 * One open video file: pictures in the order they are shown, each with its position in frames and whether the decoder
 * met an error on the way to it. The only file that drives FFmpeg's decoder; `clip-maker.ts` reads from it.
 */
import {
  AV_FRAME_FLAG_CORRUPT,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_PKT_FLAG_CORRUPT,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVSEEK_FLAG_BACKWARD,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  FFmpegError,
  type FormatContext,
  Frame,
  Packet,
  type Stream,
} from 'node-av/lib';
import type { FrameSize } from '../spatial-sampling.ts';
import { ClipFailure } from './clip-failure.ts';
import { DamageLog } from './damage-log.ts';
import { throwDiskError } from './disk-trouble.ts';
import { closeContainer, openContainer, videoTrack } from './open-container.ts';
import { orientationOf, shownSize } from './orientation.ts';
import { RgbConverter } from './rgb-converter.ts';
import { stamp, type Timeline, timelineOf } from './timeline.ts';
import type { VideoLimits } from './video-limits.ts';

interface Parts {
  readonly path: string;
  readonly container: FormatContext;
  readonly stream: Stream;
  readonly codec: CodecContext;
  readonly converter: RgbConverter;
  readonly size: FrameSize;
  readonly timeline: Timeline;
}

export class VideoFile {
  /** Of the pictures as shown. */
  readonly size: FrameSize;
  readonly timeline: Timeline;
  readonly #parts: Parts;
  readonly #packet = new Packet();
  readonly #picture = new Frame();
  readonly #damage = new DamageLog();
  readonly #streamIndex: number;
  /** Replaced by a fresh one to go back to the start. */
  #container: FormatContext;
  #counted = -1;
  #position = -1;
  #isEnding = false;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.#container = parts.container;
    this.#streamIndex = parts.stream.index;
    this.size = parts.size;
    this.timeline = parts.timeline;
    this.#packet.alloc();
    this.#picture.alloc();
  }

  /**
   * Opens a file; end it with {@link VideoFile.close}.
   *
   * @throws {@link ClipFailure} UNREADABLE, NO_VIDEO, NO_FRAMES, TOO_SMALL or TOO_LARGE; DiskError.
   */
  static open(path: string, limits: VideoLimits): VideoFile {
    const container = openContainer(path, (header) => {
      const stream = videoTrack(header);
      if (stream !== undefined && stream.codecpar.width > 0) {
        checkSize(stream.codecpar, limits);
      }
    });
    try {
      const stream = videoTrack(container);
      if (stream === undefined) {
        throw new ClipFailure('NO_VIDEO', 'the file has no video track');
      }
      const { width, height } = stream.codecpar;
      checkSize({ width, height }, limits);
      const timeline = timelineOf(path, stream);
      const codec = openCodec(stream);
      const orientation = orientationOf(stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX));
      const converter = new RgbConverter({ width, height }, orientation);
      const size = shownSize({ width, height }, orientation);
      return new VideoFile({ path, container, stream, codec, converter, size, timeline });
    } catch (error) {
      closeContainer(container);
      throw error;
    }
  }

  /** Whether {@link VideoFile.seekBefore} can jump; files without time stamps are read from the start. */
  get isSeekable(): boolean {
    return this.timeline.start !== null;
  }

  /** Position of the present picture in frames; near-integers, ascending. */
  get position(): number {
    return this.#position;
  }

  /** Whether the present picture shows, or is built on, something that could not be decoded. */
  get isDamaged(): boolean {
    return this.#damage.covers(this.#position) || !this.#parts.converter.fits(this.#picture);
  }

  /** Whether the present picture can be decoded without those before it. */
  get isKey(): boolean {
    return this.#picture.keyFrame !== 0;
  }

  /**
   * Goes to a key frame near a position, mostly before it; false when the container cannot.
   *
   * @throws DiskError when the disk failed on the way.
   */
  seekBefore(position: number): boolean {
    const { timeline } = this.#parts;
    const ticks = (timeline.start ?? 0) + Math.floor(position / timeline.framesPerTick);
    const code = this.#container.seekFrameSync(this.#streamIndex, BigInt(ticks), AVSEEK_FLAG_BACKWARD);
    throwDiskError(this.#container);
    this.#forget();
    return code >= 0;
  }

  /** Goes to the first picture. A fresh container does that for every format; seeking does not. */
  rewind(): void {
    closeContainer(this.#container);
    this.#container = openContainer(this.#parts.path);
    this.#forget();
  }

  /**
   * Decodes the next picture; false at the end of the file.
   *
   * @throws DiskError when the file ends because its disk failed.
   */
  next(): boolean {
    const { codec } = this.#parts;
    for (;;) {
      const code = codec.receiveFrameSync(this.#picture);
      if (code >= 0) {
        this.#note();
        return true;
      }
      if (code === AVERROR_EOF) {
        return false;
      }
      if (code !== AVERROR_EAGAIN) {
        this.#damage.add(this.#position + 1);
      }
      if (!this.#feed()) {
        return false;
      }
    }
  }

  /** Writes the present picture, RGB `[H, W, 3]`, into `target` from `offset` on. */
  copyTo(target: Uint8Array, offset: number): void {
    const { converter, codec } = this.#parts;
    converter.convert(this.#picture, codec.pixelFormat, target, offset);
  }

  close(): void {
    this.#picture.free();
    this.#packet.free();
    this.#parts.converter.close();
    this.#parts.codec.freeContext();
    closeContainer(this.#container);
  }

  /** Gives the decoder one packet, or the end of the stream; false when there is nothing more to give. */
  #feed(): boolean {
    const { codec } = this.#parts;
    if (this.#isEnding) {
      return false;
    }
    for (;;) {
      if (this.#container.readFrameSync(this.#packet) < 0) {
        throwDiskError(this.#container);
        this.#isEnding = true;
        codec.sendPacketSync(null);
        return true;
      }
      if (this.#packet.streamIndex === this.#streamIndex) {
        break;
      }
      this.#packet.unref();
    }
    // A packet that was cut short decodes into half a picture: better none.
    if (this.#packet.hasFlags(AV_PKT_FLAG_CORRUPT) || codec.sendPacketSync(this.#packet) < 0) {
      this.#damage.add(this.#positionOf(this.#packet.pts));
    }
    this.#packet.unref();
    return true;
  }

  #forget(): void {
    this.#parts.codec.flushBuffers();
    this.#damage.clear();
    this.#isEnding = false;
    this.#counted = -1;
    this.#position = -1;
  }

  #note(): void {
    this.#counted += 1;
    this.#position = this.#positionOf(this.#picture.bestEffortTimestamp);
    const isFlagged =
      this.#picture.decodeErrorFlags !== 0 || (this.#picture.flags & AV_FRAME_FLAG_CORRUPT) !== 0;
    if (isFlagged) {
      this.#damage.add(this.#position);
    } else if (this.#picture.keyFrame !== 0) {
      this.#damage.healAt(this.#position);
    }
  }

  #positionOf(time: bigint): number {
    const { start, framesPerTick } = this.timeline;
    const ticks = stamp(time);
    return start === null || ticks === null ? this.#counted : (ticks - start) * framesPerTick;
  }
}

function checkSize({ width, height }: FrameSize, limits: VideoLimits): void {
  if (width <= 0 || height <= 0) {
    throw new ClipFailure('NO_FRAMES', 'the video track has no picture size');
  }
  if (Math.min(width, height) < limits.minSide) {
    throw new ClipFailure('TOO_SMALL', `${width}x${height} is below the smallest side of ${limits.minSide}`);
  }
  if (width * height > limits.maxPixels) {
    throw new ClipFailure('TOO_LARGE', `${width}x${height} is above the limit of ${limits.maxPixels} pixels`);
  }
}

function openCodec(stream: Stream): CodecContext {
  const codec = Codec.findDecoder(stream.codecpar.codecId);
  if (codec === null) {
    throw new ClipFailure('UNREADABLE', 'this build of FFmpeg has no decoder for the video track');
  }
  const context = new CodecContext();
  context.allocContext3(codec);
  context.parametersToContext(stream.codecpar);
  context.pktTimebase = stream.timeBase;
  // One process decodes on one core; there are as many processes as the settings say.
  context.threadCount = 1;
  const code = context.open2Sync(codec);
  if (code < 0) {
    context.freeContext();
    throw new ClipFailure('UNREADABLE', `cannot open the decoder: ${FFmpegError.strerror(code)}`);
  }
  return context;
}
