import { host, MAX_TIMER_MS, oneOf, wholeNumber, type Section, type SettingsResult } from '@kvasir/config';

/** The levels of log lines, the most severe first, by pino's names. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** The least severe level that is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What fits as a level: in any case, and `warning` for `warn`. */
export const logLevel = oneOf(LOG_LEVELS, { aliases: { warning: 'warn' }, anyCase: true });

/** Address to listen on for HTTP: an IP address or a host name. */
export const httpHost = {
  variable: 'HOST',
  flag: 'host',
  description:
    'The address to listen on; 0.0.0.0 is every IPv4 address of the machine, a host name is its first address.',
  value: host,
  default: '0.0.0.0',
} as const;

/** How a service speaks. */
export const log = {
  title: 'Log lines',
  settings: {
    /** The least severe level that is logged, by pino's names. */
    level: {
      variable: 'LOG_LEVEL',
      description: 'The least severe level that is logged; each request is logged with its time at debug.',
      value: logLevel,
      default: 'info',
    },
    /** The form of the lines. */
    format: {
      variable: 'LOG_FORMAT',
      description: 'JSON lines, or lines for people (pretty); auto is pretty on a terminal, and json elsewhere.',
      value: oneOf(['auto', 'json', 'pretty']),
      default: 'auto',
    },
  },
} satisfies Section;

/** How a service stops. */
export const shutdown = {
  title: 'Shutdown',
  settings: {
    /** Milliseconds from SIGTERM to the end of the process at the latest; 1 to 2^31 - 1. */
    timeoutMs: {
      variable: 'SHUTDOWN_TIMEOUT_MS',
      description: 'Milliseconds that stopping may take after SIGTERM; what is still under way is cut off before that.',
      value: wholeNumber(1, MAX_TIMER_MS),
      default: '4000',
    },
    /** Milliseconds from SIGTERM until the ports close; 0 to 2^31 - 1, less than the timeout. */
    delayMs: {
      variable: 'SHUTDOWN_DELAY_MS',
      description:
        'Milliseconds after SIGTERM for which the ports stay open, so that load balancers see that the service is not ready; a part of SHUTDOWN_TIMEOUT_MS.',
      value: wholeNumber(0, MAX_TIMER_MS),
      default: '0',
    },
  },
} satisfies Section;

/** What {@link shutdown} is read into. */
export interface ShutdownTimes {
  readonly timeoutMs: number;
  readonly delayMs: number;
}

/** The part of the time behind the delay that requests in progress get; the rest is for the log. */
const DRAIN_SHARE = 0.75;

/** Milliseconds that requests in progress get when the ports have closed. */
export function drainMs({ timeoutMs, delayMs }: ShutdownTimes): number {
  return (timeoutMs - delayMs) * DRAIN_SHARE;
}

/** Checks what no setting shows alone: that the delay leaves time to stop in. */
export function checkShutdown<T extends { readonly shutdown: ShutdownTimes }>(
  result: SettingsResult<T>,
): SettingsResult<T> {
  if (result.kind !== 'settings') return result;
  const { timeoutMs, delayMs } = result.settings.shutdown;
  if (delayMs < timeoutMs) return result;
  const text = `SHUTDOWN_DELAY_MS is ${delayMs}: allowed is less than SHUTDOWN_TIMEOUT_MS, which is ${timeoutMs}\n`;
  return { kind: 'invalid', text };
}
