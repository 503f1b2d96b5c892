/**
 * How many frames a video has and where each one stands in time. Containers with an index tell; for the others (and
 * for files cut by an edit list) the packets are counted, which reads the file but decodes nothing.
 */
import { AV_NOPTS_VALUE, AV_PKT_FLAG_DISCARD } from 'node-av/constants';
import type { FormatContext } from 'node-av/lib';
import { Packet, type Rational, type Stream } from 'node-av/lib';
import { ClipFailure } from './clip-failure.ts';
import { throwDiskError } from './disk-trouble.ts';
import { closeContainer, openContainer } from './open-container.ts';

export interface Timeline {
  /** Frames that the file promises. */
  readonly frames: number;
  /** Mean frames per second. */
  readonly fps: number;
  /** Time stamp of the first frame, in the stream's time base; null when packets carry none and frames are counted. */
  readonly start: number | null;
  /** Frames that one unit of the time base lasts. */
  readonly framesPerTick: number;
}

/** Frames per second of a file that does not say. */
const FALLBACK_FPS = 30;

/** Relative difference between declared and measured rate that is put down to rounding. */
const TOLERATED_RATE = 0.01;

/** A frame more or less is rounding; a larger gap between index and duration means an edit list. */
const TOLERATED_FRAMES = 1.5;

/**
 * @throws {@link ClipFailure} NO_FRAMES when there is no packet.
 */
export function timelineOf(path: string, stream: Stream): Timeline {
  const secondsPerTick = ratio(stream.timeBase);
  const fps = ratio(stream.avgFrameRate);
  const frames = Number(stream.nbFrames);
  const start = stamp(stream.startTime);
  const duration = stamp(stream.duration);
  if (frames > 0 && fps > 0 && start !== null && duration !== null) {
    if (Math.abs(duration * secondsPerTick * fps - frames) <= TOLERATED_FRAMES) {
      return { frames, fps, start, framesPerTick: secondsPerTick * fps };
    }
  }
  return countedTimeline(path, stream.index, { secondsPerTick, fps });
}

function countedTimeline(
  path: string,
  streamIndex: number,
  known: { readonly secondsPerTick: number; readonly fps: number },
): Timeline {
  const { count, first, last } = countPackets(path, streamIndex);
  if (count === 0) {
    throw new ClipFailure('NO_FRAMES', 'the video track holds no frame');
  }
  const declaredFps = known.fps > 0 ? known.fps : FALLBACK_FPS;
  if (first === null || last === null) {
    return { frames: count, fps: declaredFps, start: null, framesPerTick: 0 };
  }
  const seconds = (last - first) * known.secondsPerTick;
  const measuredFps = seconds > 0 && count > 1 ? (count - 1) / seconds : declaredFps;
  // Time stamps of whole milliseconds blur the measure; the declared rate is right unless frames were left out.
  const isBlur = Math.abs(measuredFps / declaredFps - 1) < TOLERATED_RATE;
  const fps = isBlur ? declaredFps : measuredFps;
  return { frames: count, fps, start: first, framesPerTick: fps * known.secondsPerTick };
}

interface PacketCount {
  readonly count: number;
  /** Smallest and largest presentation time, null when a packet has none. */
  readonly first: number | null;
  readonly last: number | null;
}

function countPackets(path: string, streamIndex: number): PacketCount {
  const container = openContainer(path);
  const packet = new Packet();
  packet.alloc();
  try {
    return count(container, packet, streamIndex);
  } finally {
    packet.free();
    closeContainer(container);
  }
}

function count(container: FormatContext, packet: Packet, streamIndex: number): PacketCount {
  let packets = 0;
  let first = Infinity;
  let last = -Infinity;
  let isTimed = true;
  while (container.readFrameSync(packet) >= 0) {
    if (packet.streamIndex === streamIndex && !packet.hasFlags(AV_PKT_FLAG_DISCARD)) {
      const time = stamp(packet.pts);
      isTimed &&= time !== null;
      first = Math.min(first, time ?? first);
      last = Math.max(last, time ?? last);
      packets += 1;
    }
    packet.unref();
  }
  throwDiskError(container);
  return isTimed && packets > 0
    ? { count: packets, first, last }
    : { count: packets, first: null, last: null };
}

/** A time stamp as a number, null when the file has none. */
export function stamp(value: bigint): number | null {
  return value === AV_NOPTS_VALUE ? null : Number(value);
}

function ratio({ num, den }: Rational): number {
  return den === 0 ? 0 : num / den;
}
