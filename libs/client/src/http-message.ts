/** A request of the service, as data. */
export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Path and query, percent-encoded, from the service's base address on: `/kv/user%3A1`. Sent as it is. */
  readonly path: string;
  /** JSON text. */
  readonly body?: string;
}

/** An answer, whatever its status. */
export interface HttpAnswer {
  /** 200 to 599. */
  readonly status: number;
  /** Names in lower case; several lines of one name are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most `maxAnswerBytes`. */
  readonly body: Buffer;
  /** The body as UTF-8; bytes that are none are U+FFFD. */
  readonly text: string;
  /** The body went on past the limit, and the connection was closed. */
  readonly truncated: boolean;
}
