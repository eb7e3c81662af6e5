import { KvError } from '@kvasir/kv-core';

/** A start that fails for a reason outside the program. The message says what is wrong and what to do, on one line. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}

/** Whether an error's message says all there is to say: where in the program it was thrown helps nobody then. */
export function isExpected(error: unknown): boolean {
  return error instanceof StartError || error instanceof KvError;
}

/** Where a service wanted to listen, and how its user says so. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** As in `PORT or --port`. */
  readonly portSetting: string;
  /** As in `HOST or --host`. */
  readonly hostSetting: string;
}

/** What it means that a port could not be had. `error` is what was thrown, whose message may be all that names the code. */
export function listenError(error: unknown, { host, port, portSetting, hostSetting }: ListenAddress): StartError {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const says = (name: string): boolean => code === name || String(message).includes(name);
  const place = `port ${port} of ${host}`;
  const why = says('EADDRINUSE')
    ? `${place} is in use already: stop what listens there, or choose another one with ${portSetting}`
    : says('EACCES')
      ? `${place} is not for this user: choose one above 1023 with ${portSetting}`
      : says('EADDRNOTAVAIL') || says('ENOTFOUND')
        ? `${place} cannot be had, ${host} is not an address of this machine: choose one with ${hostSetting}`
        : `${place} cannot be had: ${String(message)}`;
  return new StartError(why, { cause: error });
}
