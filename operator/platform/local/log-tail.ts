/**
 * The last lines of a trainer's log in words. In comes the log file and where this trainer's part of it begins, out
 * come the lines a person wants to see when it failed: winston's JSON as `level: message`, anything else as it is.
 */
import { open } from 'node:fs/promises';

const TAIL_BYTES = 16 * 1024;
const TAIL_LINES = 12;
const LINE_LIMIT = 400;

/**
 * @param fromByte - where this trainer began to write
 * @returns the empty text when there is nothing to read
 */
export async function readLogTail(path: string, fromByte: number): Promise<string> {
  const text = await readEnd(path, fromByte);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-TAIL_LINES).map(inWords).join('\n');
}

async function readEnd(path: string, fromByte: number): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) {
    return '';
  }
  try {
    const { size } = await file.stat();
    const start = Math.max(fromByte, size - TAIL_BYTES);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    const text = buffer.toString('utf8', 0, bytesRead);
    // A cut in the middle of a line leaves half of one at the front.
    return start > fromByte ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    await file.close();
  }
}

function inWords(line: string): string {
  const entry = parseEntry(line);
  const words = entry === null ? line : `${entry.level}: ${entry.message}`;
  return words.length > LINE_LIMIT ? `${words.slice(0, LINE_LIMIT)}…` : words;
}

function parseEntry(line: string): { readonly level: string; readonly message: string } | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Not the logger's: native libraries and crashes write plain text.
    return null;
  }
  if (
    typeof value === 'object' &&
    value !== null &&
    'level' in value &&
    typeof value.level === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  ) {
    return { level: value.level, message: value.message };
  }
  return null;
}
