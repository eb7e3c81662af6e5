import { PinoLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import type { LogLevel } from './settings.js';

/** The level of everything that a service logs, to be changed at run time. */
export class LogLevelSwitch {
  constructor(private readonly logger: Logger) {}

  get level(): LogLevel {
    return this.logger.level as LogLevel;
  }

  set level(level: LogLevel) {
    this.logger.level = level;
    // A child, which has a level of its own.
    PinoLogger.root.level = level;
  }
}
