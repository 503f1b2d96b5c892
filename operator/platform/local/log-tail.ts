/**
 * The last lines of a trainer's log in words. In comes the log file and where this trainer's part of it begins, out
 * come the lines a person wants to see when it failed: winston's JSON as `level: message`, anything else as it is.
 */
import { open } from 'node:fs/promises';
import { hasFields, parsedJson } from '../../../multigrid/json/fields.ts';

const TAIL_BYTES = 16 * 1024;
/** Enough for what Node writes when it dies: the message, then the stack. */
const TAIL_LINES = 24;
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
  const words = entry === null ? line : entryInWords(entry);
  return words.length > LINE_LIMIT ? `${words.slice(0, LINE_LIMIT)}…` : words;
}

/** A line of the logger: level, message and whatever fields came with them. */
type LogEntry = Readonly<Record<string, unknown>> & { readonly level: string; readonly message: string };

/** When it happened is in the log itself, and where in the program helps nobody in a status. */
const LEFT_OUT = new Set(['level', 'message', 'timestamp', 'stack']);

function entryInWords(entry: LogEntry): string {
  const fields = Object.entries(entry)
    .filter(([key]) => !LEFT_OUT.has(key))
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${entry.level}: ${entry.message}${fields.join('')}`;
}

function parseEntry(line: string): LogEntry | null {
  // What is not JSON is not the logger's: native libraries and crashes write plain text.
  const value = parsedJson(line);
  return isEntry(value) ? value : null;
}

function isEntry(value: unknown): value is LogEntry {
  return hasFields(value, 'string', ['level', 'message']);
}
