/**
 * Raw RGB frames in, one H.264 file in MP4 out, encoded in this process by the FFmpeg inside node-av.
 *
 * The bytes are a function of the frames and the options alone: one encoder thread, no time stamp of the making, no
 * library version in the container. The file appears under its name only when it is whole. Called by the dataset
 * maker next door, and by tests which need a real video.
 */
import { rename, rm } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_WARNING,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVFMT_FLAG_BITEXACT,
  Codec,
  CodecContext,
  FF_ENCODER_LIBX264,
  FFmpegError,
  FormatContext,
  Frame,
  Log,
  Packet,
  Rational,
  SoftwareScaleContext,
  type Stream,
} from 'node-av';

/** What the file shall be. */
export interface VideoOptions {
  /** Pixels, even: the codec keeps colour at half resolution. */
  readonly width: number;
  /** Pixels, even. */
  readonly height: number;
  /** Frames per second, a positive integer. */
  readonly fps: number;
  /** Frames from one key frame to the next, at least 1. Small makes random access cheap and the file larger. */
  readonly gop: number;
  /** x264's constant quality, 0 (lossless) to 51; 18 looks like the source. */
  readonly crf: number;
  /** Stops the writing; nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** Thrown by {@link writeVideo} when options or frames are unfit or the file cannot be written. */
export class VideoWriteError extends Error {
  override readonly name = 'VideoWriteError';
  readonly path: string;

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`Cannot write the video ${path}: ${problem}`, options);
    this.path = path;
  }
}

/** A long video must not keep the process from hearing its abort signal. */
const FRAMES_PER_TURN = 64;

/**
 * Writes one video file.
 *
 * @param path - The file, replaced when it exists; its folder must exist. `path + '.partial'` is used on the way.
 * @param frames - Pictures, RGB, `[H, W, 3]`, `width * height * 3` bytes each; read one at a time, so a generator may
 *   hand out the same buffer again and again.
 * @throws {@link VideoWriteError} on odd or empty sizes, a frame of another size, no frame at all, a full or missing
 *   folder; the signal's reason when aborted.
 */
export async function writeVideo(
  path: string,
  frames: Iterable<Uint8Array>,
  options: VideoOptions,
): Promise<void> {
  checkOptions(path, options);
  const partial = `${path}.partial`;
  try {
    await encodeFile(partial, frames, options);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    options.signal?.throwIfAborted();
    if (error instanceof FFmpegError || isSystemError(error)) {
      throw new VideoWriteError(
        path,
        `${error.message}. Is the folder there, and is there room on the disk?`,
        {
          cause: error,
        },
      );
    }
    if (error instanceof FrameError) {
      throw new VideoWriteError(path, error.message, { cause: error });
    }
    throw error;
  }
}

class FrameError extends Error {}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'message' in error;
}

function checkOptions(path: string, { width, height, fps, gop, crf }: VideoOptions): void {
  const isSide = (side: number): boolean => Number.isInteger(side) && side >= 2 && side % 2 === 0;
  if (!isSide(width) || !isSide(height)) {
    throw new VideoWriteError(path, `width and height must be even and at least 2, got ${width}x${height}.`);
  }
  if (!Number.isInteger(fps) || fps < 1 || !Number.isInteger(gop) || gop < 1) {
    throw new VideoWriteError(path, `fps and gop must be integers of at least 1, got ${fps} and ${gop}.`);
  }
  if (!(crf >= 0 && crf <= 51)) {
    throw new VideoWriteError(path, `crf must lie in 0..51, got ${crf}.`);
  }
}

async function encodeFile(path: string, frames: Iterable<Uint8Array>, options: VideoOptions): Promise<void> {
  const encoder = openEncoder(options);
  const container = new FormatContext();
  const converter = new PictureConverter(options);
  const packet = new Packet();
  packet.alloc();
  try {
    const stream = openContainer(container, path, encoder);
    const drain = (): void => {
      writePackets(encoder, container, stream, packet);
    };
    let count = 0;
    for (const pixels of frames) {
      options.signal?.throwIfAborted();
      FFmpegError.throwIfError(encoder.sendFrameSync(converter.convert(pixels, count)), 'encode');
      drain();
      count += 1;
      if (count % FRAMES_PER_TURN === 0) {
        await nextTurn();
      }
    }
    if (count === 0) {
      throw new FrameError('there is no frame to write.');
    }
    FFmpegError.throwIfError(encoder.sendFrameSync(null), 'finish encoding');
    drain();
    FFmpegError.throwIfError(container.writeTrailerSync(), 'write the index');
    container.closeOutputSync();
  } finally {
    packet.free();
    converter.free();
    container.freeContext();
    encoder.freeContext();
  }
}

function openEncoder({ width, height, fps, gop, crf }: VideoOptions): CodecContext {
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
  if (codec === null) {
    throw new FrameError('this build of FFmpeg has no libx264. Install node-av with its platform package.');
  }
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = width;
  encoder.height = height;
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.timeBase = new Rational(1, fps);
  encoder.framerate = new Rational(fps, 1);
  encoder.gopSize = gop;
  // No B-frames: every frame decodes in the order it is shown, and the first one has time 0.
  encoder.maxBFrames = 0;
  // More threads would cut a picture in slices by the number of cores: other bytes on another machine.
  encoder.threadCount = 1;
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER, AV_CODEC_FLAG_BITEXACT);
  // Options one by one: a Dictionary given to open2Sync is freed twice (node-av 6.1.1) and ends the process.
  setOption(encoder, 'preset', 'superfast');
  setOption(encoder, 'crf', String(crf));
  setOption(encoder, 'x264-params', 'log=0:scenecut=0:open-gop=0');
  // The encoder greets with a line on stderr that no option of its own turns off.
  const logLevel = Log.getLevel();
  Log.setLevel(AV_LOG_WARNING);
  try {
    FFmpegError.throwIfError(encoder.open2Sync(codec), 'open the encoder');
  } finally {
    Log.setLevel(logLevel);
  }
  return encoder;
}

function openContainer(container: FormatContext, path: string, encoder: CodecContext): Stream {
  FFmpegError.throwIfError(container.allocOutputContext2(null, 'mp4', path), 'open MP4');
  container.setFlags(AVFMT_FLAG_BITEXACT);
  const stream = container.newStream(null);
  FFmpegError.throwIfError(stream.codecpar.fromContext(encoder), 'describe the stream');
  stream.timeBase = encoder.timeBase;
  FFmpegError.throwIfError(container.openOutputSync(), 'create the file');
  FFmpegError.throwIfError(container.writeHeaderSync(), 'write the header');
  return stream;
}

function writePackets(encoder: CodecContext, container: FormatContext, stream: Stream, packet: Packet): void {
  for (;;) {
    const code = encoder.receivePacketSync(packet);
    if (code === AVERROR_EAGAIN || code === AVERROR_EOF) {
      return;
    }
    FFmpegError.throwIfError(code, 'receive a packet');
    packet.streamIndex = stream.index;
    packet.duration = 1n;
    packet.rescaleTs(encoder.timeBase, stream.timeBase);
    FFmpegError.throwIfError(container.interleavedWriteFrameSync(packet), 'write a packet');
  }
}

/** Turns RGB buffers into the encoder's pictures; both pictures are used again for every frame. */
class PictureConverter {
  readonly #rgb: Frame;
  readonly #yuv: Frame;
  readonly #scaler = new SoftwareScaleContext();
  readonly #bytes: number;

  constructor({ width, height }: VideoOptions) {
    this.#bytes = width * height * 3;
    this.#rgb = allocatePicture(width, height, AV_PIX_FMT_RGB24);
    this.#yuv = allocatePicture(width, height, AV_PIX_FMT_YUV420P);
    this.#scaler.allocContext();
    // The exact paths, because the quick ones differ from processor to processor.
    setOption(this.#scaler, 'sws_flags', 'bilinear+accurate_rnd+bitexact');
  }

  convert(pixels: Uint8Array, index: number): Frame {
    if (pixels.length !== this.#bytes) {
      throw new FrameError(`frame ${index} has ${pixels.length} bytes instead of ${this.#bytes}.`);
    }
    const source = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
    FFmpegError.throwIfError(this.#rgb.fromBuffer(source), 'copy a frame');
    // The encoder may still hold the picture before this one.
    FFmpegError.throwIfError(this.#yuv.makeWritable(), 'get a picture');
    FFmpegError.throwIfError(this.#scaler.scaleFrameSync(this.#yuv, this.#rgb), 'convert colours');
    this.#yuv.pts = BigInt(index);
    return this.#yuv;
  }

  free(): void {
    this.#scaler.freeContext();
    this.#yuv.free();
    this.#rgb.free();
  }
}

function setOption(target: CodecContext | SoftwareScaleContext, name: string, value: string): void {
  FFmpegError.throwIfError(target.setOption(name, value), `set ${name}=${value}`);
}

function allocatePicture(width: number, height: number, format: Frame['format']): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = format;
  FFmpegError.throwIfError(frame.allocBuffer(), 'allocate a picture');
  return frame;
}
