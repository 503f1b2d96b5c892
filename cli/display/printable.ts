/**
 * Text of others, made safe to print. What pods, files and videos say of themselves may hold control characters, and those
 * move the cursor, recolour the screen or hide what was said. In: any text, or a job full of it. Out: the same without them.
 */
import type { StoredJob } from '../../multigrid/object/job-object.ts';
import { asStoredJob } from '../../multigrid/object/job-text.ts';

/**
 * Everything that commands a terminal or turns the direction of writing: C0 and C1 controls but for tab and line feed, and
 * the bidirectional overrides and isolates of Unicode.
 */
const COMMANDS = /(?![\t\n])[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu;

/** The text with U+FFFD for every control character; lines may end in CR LF, which becomes LF. */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(COMMANDS, '\u{FFFD}');
}

/** The job with every text in it made printable. */
export function printableJob(job: StoredJob): StoredJob {
  const text = JSON.stringify(job, (_key, value: unknown) =>
    typeof value === 'string' ? printable(value) : value,
  );
  return asStoredJob(JSON.parse(text), job.metadata.name);
}
