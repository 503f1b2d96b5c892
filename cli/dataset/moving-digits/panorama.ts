/**
 * Reads one panorama: the package holds it as base64 of an OpenEXR file with half floats of linear light, FFmpeg
 * decodes that, and a table turns every half float into a byte as a camera would show it. render.ts cuts squares out.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AV_CODEC_ID_EXR, Codec, CodecContext, FFmpegError, Frame, Packet } from 'node-av';
import { PANORAMA_HEIGHT, PANORAMA_WIDTH } from './photos.ts';
import { SourceError } from './source-error.ts';

const PACKAGE = '@pmndrs/assets';
const PIXELS = PANORAMA_WIDTH * PANORAMA_HEIGHT;
const require = createRequire(import.meta.url);

/**
 * @param name - A photo of photos.ts.
 * @returns RGB, `[256, 512, 3]`.
 * @throws {@link SourceError} when the package is missing or not what it was.
 */
export async function readPanorama(name: string): Promise<Uint8Array> {
  try {
    return develop(decodeHalfFloats(await readExr(name)));
  } catch (error) {
    throw new SourceError(PACKAGE, `the panorama ${name} cannot be read`, { cause: error });
  }
}

/** The file is a module `export default 'data:application/exr;base64,...'`: read as data, never run. */
async function readExr(name: string): Promise<Buffer> {
  const folder = dirname(require.resolve('@pmndrs/assets/package.json'));
  const text = await readFile(join(folder, 'hdri', `${name}.exr.js`), 'latin1');
  const base64 = /^export default 'data:application\/exr;base64,([A-Za-z0-9+/=]+)'/.exec(text)?.[1];
  if (base64 === undefined) {
    throw new Error('it is no module with a base64 OpenEXR picture');
  }
  return Buffer.from(base64, 'base64');
}

/** @returns Half floats of linear light as their bits, planes `[G, B, R]` of `[256, 512]`. */
function decodeHalfFloats(exr: Buffer): readonly Uint16Array[] {
  const codec = Codec.findDecoder(AV_CODEC_ID_EXR);
  if (codec === null) {
    throw new Error('this build of FFmpeg has no OpenEXR decoder');
  }
  using decoder = new CodecContext();
  using packet = new Packet();
  using frame = new Frame();
  decoder.allocContext3(codec);
  decoder.threadCount = 1;
  FFmpegError.throwIfError(decoder.open2Sync(codec), 'open the decoder');
  packet.alloc();
  packet.data = exr;
  frame.alloc();
  FFmpegError.throwIfError(decoder.sendPacketSync(packet), 'decode');
  FFmpegError.throwIfError(decoder.receiveFrameSync(frame), 'decode');
  const bytes = frame.toBuffer();
  if (frame.width !== PANORAMA_WIDTH || frame.height !== PANORAMA_HEIGHT || bytes.length !== PIXELS * 6) {
    throw new Error(
      `it has ${frame.width} x ${frame.height} pixels in ${bytes.length} bytes, not 512 x 256 half floats`,
    );
  }
  // A copy, aligned for 16 bits.
  const halves = new Uint16Array(new Uint8Array(bytes).buffer);
  return [0, 1, 2].map((plane) => halves.subarray(plane * PIXELS, (plane + 1) * PIXELS));
}

/** Exposes for the median of green, bends the highlights, and writes sRGB. */
function develop([green, blue, red]: readonly Uint16Array[]): Uint8Array {
  const rgb = new Uint8Array(PIXELS * 3);
  if (green === undefined || blue === undefined || red === undefined) {
    return rgb;
  }
  // The bits of positive half floats sort like the numbers; the few negative ones, left by compression, come last.
  const median = halfToNumber(green.toSorted()[PIXELS >> 1]!);
  const tone = toneTable(MEDIAN_TONE / Math.max(median, Number.EPSILON));
  for (let i = 0; i < PIXELS; i += 1) {
    rgb[3 * i] = tone[red[i]!]!;
    rgb[3 * i + 1] = tone[green[i]!]!;
    rgb[3 * i + 2] = tone[blue[i]!]!;
  }
  return rgb;
}

/** Linear light that the median pixel gets; a little above the 18 % grey of photography, since nothing is clipped. */
const MEDIAN_TONE = 0.25;
/** Light that turns out white. */
const WHITE = 4;

/** Byte of every half float, by its bits: extended Reinhard curve, then the sRGB gamma; black for negative light. */
function toneTable(exposure: number): Uint8Array {
  const table = new Uint8Array(0x10000);
  for (let bits = 0; bits < 0x8000; bits += 1) {
    const light = halfToNumber(bits) * exposure;
    const shown = Math.min(1, (light * (1 + light / WHITE ** 2)) / (1 + light));
    table[bits] = Math.round(255 * shown ** (1 / 2.2));
  }
  return table;
}

/** A non-negative IEEE 754 binary16; infinity and NaN count as the largest number. */
function halfToNumber(bits: number): number {
  const exponent = bits >> 10;
  const fraction = bits & 0x3ff;
  if (exponent === 0) {
    return fraction * 2 ** -24;
  }
  return exponent === 0x1f ? 65504 : (1 + fraction / 1024) * 2 ** (exponent - 15);
}
