import { pino, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** One JSON line an event on standard output; on a terminal the same in a form for people. Written at once, so that the last line before an end is not lost. */
export function createLogger(level: string): Logger {
  const options = { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime };
  return process.stdout.isTTY
    ? pino(options, PinoPretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l' }))
    : pino(options);
}
