import { readFileSync } from 'node:fs';
import { ApiKeyFileError, Keyring, parseApiKeys, type ApiKeyEntry, type Principal } from '@kvasir/kv-core';
import type { Logger } from 'pino';

/** `EACCES: permission denied, open '…'`: what Node says of a file that cannot be read. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/**
 * Reads API_KEYS_FILE.
 *
 * @throws ApiKeyFileError saying what is wrong with the file, or why it cannot be read
 */
export function readApiKeys(path: string): ApiKeyEntry[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new ApiKeyFileError(`it cannot be read: ${error.message}; allowed is a file of API keys (docs/security.md)`, {
      cause: error,
    });
  }
  return parseApiKeys(text);
}

/** The API keys of the running service. */
export class ApiKeys {
  private keyring: Keyring;

  /**
   * @param path API_KEYS_FILE
   * @throws ApiKeyFileError
   */
  constructor(
    private readonly path: string,
    private readonly logger: Logger,
  ) {
    const entries = readApiKeys(path);
    this.keyring = new Keyring(entries);
    logger.info({ path, keys: entries.length }, 'requests need an API key');
  }

  /** Whom a key stands for; undefined when it is not known. */
  find(key: string): Principal | undefined {
    return this.keyring.find(key);
  }

  /** Reads the file again. With one that does not fit the keys stay as they were, and the log says why. */
  reload(): void {
    const { path } = this;
    try {
      const entries = readApiKeys(path);
      this.keyring = new Keyring(entries);
      this.logger.info({ path, keys: entries.length }, 'the API keys were read again');
    } catch (error) {
      if (!(error instanceof ApiKeyFileError)) throw error;
      this.logger.error({ path, err: error }, `the API keys stay as they were: API_KEYS_FILE: ${error.message}`);
    }
  }
}
