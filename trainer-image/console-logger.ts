/**
 * The log of a trainer's process: lines of JSON on standard output, each with its time. In: the rank. Out: a logger that everything
 * in the process is given.
 */
import winston from 'winston';
import type { Logger } from './train/logger.ts';

/** @param rank - which of several workers this is; null: the only one, or none */
export function createLogger(rank: number | null = null): Logger {
  const logger = winston.createLogger({
    ...(rank === null ? {} : { defaultMeta: { rank } }),
    format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.Console()],
  });
  return {
    info: (message, fields) => {
      logger.info(message, fields);
    },
    warn: (message, fields) => {
      logger.warn(message, fields);
    },
  };
}
