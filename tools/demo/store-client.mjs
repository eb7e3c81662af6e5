/** The requests of the demo, over a bounded number of kept-alive connections. Every answer is checked to the byte. */
import { Pool } from 'undici';
import { DemoFailure } from './failure.mjs';

/** Requests under way at once. */
const IN_FLIGHT = 32;
const TIMEOUT_MS = 30_000;
const SHOWN_CHARACTERS = 300;

const shorten = (text) => (text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`);

/** A client of one run of the service. */
export class StoreClient {
  #pool;

  /** @param {string} origin such as `http://127.0.0.1:8000` */
  constructor(origin) {
    this.#pool = new Pool(origin, { connections: IN_FLIGHT, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  }

  /**
   * Sends a request, and reads its answer as the bytes that it is.
   *
   * @throws DemoFailure for any status but 200
   */
  async send(method, path, body) {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await this.#pool.request({ method, path, headers, body });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    if (answer.statusCode !== 200) {
      throw new DemoFailure(`${method} ${path}: ${answer.statusCode} ${shorten(bytes.toString())}`);
    }
    return bytes;
  }

  /**
   * Sends a request whose answer is known.
   *
   * @throws DemoFailure, showing both, when one byte differs
   */
  async expect(method, path, body, expected) {
    const bytes = await this.send(method, path, body);
    if (bytes.equals(Buffer.from(expected))) return;
    throw new DemoFailure(
      `${method} ${path} differs:\n  expected ${shorten(expected)}\n  got      ${shorten(bytes.toString())}`,
    );
  }

  /** Calls `work` for every item, for at most {@link IN_FLIGHT} of them at a time; the first failure ends it. */
  async forEach(items, work) {
    const iterator = items[Symbol.iterator]();
    let failed = false;
    const worker = async () => {
      for (let next = iterator.next(); !next.done && !failed; next = iterator.next()) {
        try {
          await work(next.value);
        } catch (error) {
          failed = true;
          throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  }

  /** Closes the connections; requests under way fail. */
  async close() {
    await this.#pool.destroy();
  }
}
