import { HttpTransport, type HttpTransportOptions } from './http-transport.js';
import { KeysApi } from './keys-api.js';
import { KvApi } from './kv-api.js';

/**
 * A client of one kv-service, over HTTP connections that are kept alive.
 *
 * ```ts
 * const client = new KvClient('http://localhost:8000', { timeoutMs: 2000 });
 * await client.kv.put('user:1', { name: 'Alice' }, { ttlSeconds: 300 });
 * const user = await client.kv.get<{ name: string }>('user:1'); // undefined when it is not there
 * await client.kv.putText('big', '12345678901234567890');
 * await client.kv.getText('big'); // '12345678901234567890'
 * await client.kv.delete('user:1'); // true
 * await client.close();
 * ```
 */
export class KvClient {
  /** What sends the requests: for answers as they came, whatever their status. */
  readonly http: HttpTransport;
  /** `/kv` and `/stats`. */
  readonly kv: KvApi;
  /** `/keys/{key}`. */
  readonly keys: KeysApi;

  /**
   * @param url `http://host:port`; a path in it comes before every request's own
   * @throws TypeError for what is no such URL
   * @throws RangeError for options out of bounds
   */
  constructor(url: string | URL, options: HttpTransportOptions = {}) {
    this.http = new HttpTransport(url, options);
    this.kv = new KvApi(this.http);
    this.keys = new KeysApi(this.http);
  }

  /** Closes all connections. Calls that are under way fail with a ConnectionFailedError. */
  async close(): Promise<void> {
    await this.http.close();
  }
}
