/**
 * Structured logging: a constant message and fields. The process makes one; every part that has something to say takes it.
 */
export interface Logger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
