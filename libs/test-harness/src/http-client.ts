import { Agent, request, type IncomingHttpHeaders } from 'node:http';

/** A response, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The body as text. */
  readonly text: string;
  /** The body as JSON. */
  json(): unknown;
}

/** What a request may carry besides its method and path. */
export interface HttpRequestOptions {
  /** Sent as it is; a string as UTF-8. */
  readonly body?: string | Buffer;
  /** Default, with a body: `Content-Type: application/json`. */
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

/**
 * A plain HTTP client of one port of 127.0.0.1, over kept-alive connections. It tidies nothing: the path goes out as it is given (characters up to U+00FF, a byte each), and so does the
 * body's text.
 */
export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(readonly port: number) {}

  /** Sends a request and reads its answer, whatever its status. */
  send(method: string, path: string, options: HttpRequestOptions = {}): Promise<HttpAnswer> {
    const { port, agent } = this;
    const headers = options.headers ?? (options.body === undefined ? {} : JSON_TYPE);
    return new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, agent, method, path, headers }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            json: () => JSON.parse(text) as unknown,
          });
        });
      });
      outgoing.on('error', reject);
      // As a string it would share its encoding, UTF-8, with the head, and so with the path.
      outgoing.end(typeof options.body === 'string' ? Buffer.from(options.body) : options.body);
    });
  }

  get(path: string): Promise<HttpAnswer> {
    return this.send('GET', path);
  }

  delete(path: string): Promise<HttpAnswer> {
    return this.send('DELETE', path);
  }

  /** @param body sent as JSON; text that must not be changed goes through {@link send} */
  put(path: string, body: unknown): Promise<HttpAnswer> {
    return this.send('PUT', path, { body: JSON.stringify(body) });
  }

  /** @param body sent as JSON */
  post(path: string, body: unknown): Promise<HttpAnswer> {
    return this.send('POST', path, { body: JSON.stringify(body) });
  }

  /** Closes connections that are kept alive. */
  close(): void {
    this.agent.destroy();
  }
}
