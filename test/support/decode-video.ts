/**
 * A video file in, all its frames out as RGB, with what a prober would say about the file. Tests use it to look at a
 * written video through a reader which shares no code with the product's own decoder.
 */
import {
  AV_PIX_FMT_RGB24,
  avGetCodecName,
  Decoder,
  Demuxer,
  FFmpegError,
  Frame,
  SoftwareScaleContext,
} from 'node-av';

export interface DecodedVideo {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** RGB, `[H, W, 3]` each. */
  readonly frames: readonly Uint8Array[];
  /** Seconds from the start of the video. */
  readonly times: readonly number[];
  /** Indices of the frames that can be decoded without the one before. */
  readonly keyFrames: readonly number[];
}

/** @throws FFmpegError when the file is no video. */
export async function decodeVideo(path: string): Promise<DecodedVideo> {
  await using input = await Demuxer.open(path);
  const stream = input.video();
  if (stream === undefined) {
    throw new Error(`${path} has no video stream`);
  }
  using decoder = await Decoder.create(stream);
  const { codecId, width, height } = stream.codecpar;
  const frames: Uint8Array[] = [];
  const times: number[] = [];
  const keyFrames: number[] = [];
  for await (using frame of decoder.frames(input.packets(stream.index))) {
    if (frame === null) {
      continue;
    }
    if (frame.keyFrame === 1) {
      keyFrames.push(frames.length);
    }
    times.push((Number(frame.pts) * stream.timeBase.num) / stream.timeBase.den);
    frames.push(toRgb(frame));
  }
  return { codec: avGetCodecName(codecId) ?? 'unknown', width, height, frames, times, keyFrames };
}

function toRgb(frame: Frame): Uint8Array {
  using scaler = new SoftwareScaleContext();
  scaler.allocContext();
  FFmpegError.throwIfError(
    scaler.setOption('sws_flags', 'bilinear+accurate_rnd+full_chroma_int'),
    'sws_flags',
  );
  using rgb = new Frame();
  rgb.alloc();
  rgb.width = frame.width;
  rgb.height = frame.height;
  rgb.format = AV_PIX_FMT_RGB24;
  FFmpegError.throwIfError(rgb.allocBuffer(), 'allocate');
  FFmpegError.throwIfError(scaler.scaleFrameSync(rgb, frame), 'convert');
  return new Uint8Array(rgb.toBuffer());
}
