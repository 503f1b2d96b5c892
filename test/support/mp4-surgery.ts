/**
 * Small operations on the bytes of MP4 files, to make the broken and the odd ones that tests need from good ones. Works
 * on what `writeVideo` writes: one video track, 32-bit offsets, the index (moov) behind the data (mdat).
 */

/** Where a box lies: `start` is its length field, `end` is exclusive. */
interface Box {
  readonly start: number;
  readonly end: number;
}

/** The same file with the index in front, as for streaming; cut short, it still opens. */
export function withIndexInFront(file: Uint8Array): Uint8Array {
  const moov = topLevelBox(file, 'moov');
  const mdat = topLevelBox(file, 'mdat');
  const index = Buffer.from(file.subarray(moov.start, moov.end));
  const stco = contents(index, 'stco');
  for (let entry = 0; entry < index.readUInt32BE(stco + 4); entry += 1) {
    const place = stco + 8 + 4 * entry;
    index.writeUInt32BE(index.readUInt32BE(place) + index.length, place);
  }
  return Buffer.concat([file.subarray(0, mdat.start), index, file.subarray(mdat.start, moov.start)]);
}

/** The same file with another display matrix: a quarter turn clockwise when shown. */
export function turnedClockwise(file: Uint8Array, height: number): Uint8Array {
  const turned = Buffer.from(file);
  // Version, flags, times, track, duration, reserved, layer, group, volume: then the matrix.
  const matrix = contents(turned, 'tkhd') + 40;
  const cells = [0, 0x10000, 0, -0x10000, 0, 0, height * 0x10000, 0, 0x40000000];
  cells.forEach((cell, index) => turned.writeInt32BE(cell, matrix + 4 * index));
  return turned;
}

/** The same file with an index that lists no frame. */
export function withoutFrames(file: Uint8Array): Uint8Array {
  const empty = Buffer.from(file);
  empty.writeUInt32BE(0, contents(empty, 'stsz') + 8);
  for (const table of ['stts', 'stsc', 'stco', 'stss']) {
    empty.writeUInt32BE(0, contents(empty, table) + 4);
  }
  return empty;
}

/** The same file with bytes of its pictures overwritten, from a share of the data on. */
export function withDamage(file: Uint8Array, from: number, bytes: number): Uint8Array {
  const damaged = Buffer.from(file);
  const { start, end } = topLevelBox(file, 'mdat');
  const first = Math.floor(start + 8 + from * (end - start - 8));
  damaged.fill(0xa5, first, Math.min(first + bytes, end));
  return damaged;
}

/** First byte of a box's contents, wherever the box is nested. */
function contents(file: Buffer, type: string): number {
  const found = file.indexOf(type, 0, 'latin1');
  if (found < 0) {
    throw new Error(`the file has no ${type} box`);
  }
  return found + 4;
}

function topLevelBox(file: Uint8Array, type: string): Box {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let start = 0; start < file.length;) {
    const end = start + view.getUint32(start);
    if (Buffer.from(file.subarray(start + 4, start + 8)).toString('latin1') === type) {
      return { start, end };
    }
    start = end;
  }
  throw new Error(`the file has no ${type} box`);
}
