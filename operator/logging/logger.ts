/**
 * The operator's log: one line of JSON for every message, a constant text with fields. In come messages, out come lines
 * on standard output; an error that repeats itself is written once a minute with how often it came, so that an outage
 * makes a few lines and not a flood.
 */
import winston from 'winston';

export type Level = 'debug' | 'info' | 'warn' | 'error';
export const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error'];

type Fields = Readonly<Record<string, string | number | boolean>>;

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

export function createLogger(level: Level): Logger {
  return winston.createLogger({
    level,
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.Console()],
  });
}

/** Time in which the same message with the same fields is written once. */
const REPEAT_MS = 60_000;
/** Different messages that are remembered; past that the oldest may come again early. */
const REMEMBERED = 1000;

/** @param now - milliseconds, by a clock that never goes back */
export function withoutFlood(logger: Logger, now: () => number): Logger {
  const written = new Map<string, { atMs: number; dropped: number }>();
  const write = (level: Level, message: string, fields: Fields = {}): void => {
    const key = JSON.stringify([level, message, fields]);
    const last = written.get(key);
    const nowMs = now();
    if (last !== undefined && nowMs - last.atMs < REPEAT_MS) {
      last.dropped += 1;
      return;
    }
    written.delete(key);
    written.set(key, { atMs: nowMs, dropped: 0 });
    const [oldest] = written.keys();
    if (written.size > REMEMBERED && oldest !== undefined) {
      written.delete(oldest);
    }
    const dropped = last?.dropped ?? 0;
    logger[level](message, dropped > 0 ? { ...fields, repeated: dropped } : fields);
  };
  return {
    debug: (message, fields) => {
      write('debug', message, fields);
    },
    info: (message, fields) => {
      write('info', message, fields);
    },
    warn: (message, fields) => {
      write('warn', message, fields);
    },
    error: (message, fields) => {
      write('error', message, fields);
    },
  };
}

/** An error in one line, with what caused it. */
export function inWords(error: unknown): string {
  if (!Error.isError(error)) {
    return String(error);
  }
  const cause = error.cause === undefined ? '' : `: ${inWords(error.cause)}`;
  return error.message.includes(cause.slice(2)) ? error.message : `${error.message}${cause}`;
}
