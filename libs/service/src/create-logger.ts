import { pino, type DestinationStream, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { printableJsonLine, safeJsonLine } from './safe-lines.js';
import type { LogLevel } from './settings.js';

/** How a service speaks. */
export interface LogOptions {
  /** The least severe level that is logged. */
  readonly level: LogLevel;
  /** One JSON line an event, or a form for people; `auto` is the latter on a terminal. */
  readonly format: 'auto' | 'json' | 'pretty';
}

/** Writes to standard output, at once, so that the last line before an end is not lost. No text that came from outside can forge a line or steer a terminal. */
export function createLogger({ level, format }: LogOptions): Logger {
  const pretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY);
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pretty ? forPeople() : asJson());
}

function asJson(): DestinationStream {
  const stdout = pino.destination({ dest: 1, sync: true });
  return { write: (line) => void stdout.write(safeJsonLine(line)) };
}

function forPeople(): DestinationStream {
  const stdout = PinoPretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l' });
  return { write: (line) => void stdout.write(printableJsonLine(line)) };
}
