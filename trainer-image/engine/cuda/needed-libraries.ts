/**
 * Which shared libraries a shared library needs, read from the file itself (ELF, 64 bit, little endian): a build for
 * CUDA 12 and one for CUDA 13 need other files, and a message should name the one that is missing. In: a path. Out:
 * names.
 */
import { closeSync, openSync, readSync } from 'node:fs';

const ELF_MAGIC = 0x7f454c46;
/** Program headers: what is mapped where, and where the list of needs is. */
const LOADED = 1;
const DYNAMIC = 2;
/** Entries of that list. */
const NEEDED = 1n;
const STRING_TABLE = 5n;
const STRING_TABLE_SIZE = 10n;
const ENTRY_BYTES = 16;
/** Lists of needs and names are a few KiB; a file that says otherwise is damaged. */
const MOST_BYTES = 16 * 2 ** 20;

interface Segment {
  readonly type: number;
  readonly fileOffset: bigint;
  readonly address: bigint;
  readonly bytes: bigint;
}

/** Names as the loader looks them up, e.g. `libcudart.so.13`; empty when the file is no such library. */
export function neededLibraries(path: string): readonly string[] {
  const file = openSync(path, 'r');
  try {
    return readNeeds((offset, bytes) => readPart(file, offset, bytes));
  } finally {
    closeSync(file);
  }
}

type Reader = (offset: bigint, bytes: bigint) => DataView | null;

function readNeeds(read: Reader): readonly string[] {
  const header = read(0n, 64n);
  if (header?.getUint32(0) !== ELF_MAGIC) {
    return [];
  }
  const segments = readSegments(header, read);
  const dynamic = segments.find(({ type }) => type === DYNAMIC);
  const list = dynamic && read(dynamic.fileOffset, dynamic.bytes);
  if (!list) {
    return [];
  }
  const entries = Array.from({ length: Math.floor(list.byteLength / ENTRY_BYTES) }, (_, index) => ({
    tag: list.getBigUint64(index * ENTRY_BYTES, true),
    value: list.getBigUint64(index * ENTRY_BYTES + 8, true),
  }));
  const valueOf = (tag: bigint): bigint => entries.find((entry) => entry.tag === tag)?.value ?? 0n;
  const address = valueOf(STRING_TABLE);
  const home = segments.find(
    (segment) =>
      segment.type === LOADED && address >= segment.address && address < segment.address + segment.bytes,
  );
  const names = home && read(home.fileOffset + address - home.address, valueOf(STRING_TABLE_SIZE));
  return names
    ? entries.filter(({ tag }) => tag === NEEDED).map(({ value }) => textIn(names, Number(value)))
    : [];
}

function readSegments(header: DataView, read: Reader): readonly Segment[] {
  const [start, size, count] = [
    header.getBigUint64(32, true),
    header.getUint16(54, true),
    header.getUint16(56, true),
  ];
  const table = read(start, BigInt(size * count));
  if (!table || size < 56) {
    return [];
  }
  return Array.from({ length: count }, (_, index) => ({
    type: table.getUint32(index * size, true),
    fileOffset: table.getBigUint64(index * size + 8, true),
    address: table.getBigUint64(index * size + 16, true),
    bytes: table.getBigUint64(index * size + 32, true),
  }));
}

function readPart(file: number, offset: bigint, bytes: bigint): DataView | null {
  if (bytes <= 0n || bytes > MOST_BYTES) {
    return null;
  }
  const buffer = new Uint8Array(Number(bytes));
  const got = readSync(file, buffer, 0, buffer.length, offset);
  return got === buffer.length ? new DataView(buffer.buffer) : null;
}

function textIn(names: DataView, start: number): string {
  let end = start;
  while (end < names.byteLength && names.getUint8(end) !== 0) {
    end += 1;
  }
  return new TextDecoder().decode(new Uint8Array(names.buffer, start, Math.max(0, end - start)));
}
