/**
 * The log of a trainer's process: lines of JSON on standard output, each with its time. In: nothing. Out: a logger that everything
 * in the process is given.
 */
import winston from 'winston';
import type { Logger } from './train/logger.ts';

export function createLogger(): Logger {
  const logger = winston.createLogger({
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
