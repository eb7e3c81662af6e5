/** What a refusal carries besides its status and text. */
export interface WireRefusalOptions {
  /** Headers that the answer must have whatever the API's form is, such as `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The error behind it, for logs. */
  readonly cause?: unknown;
}

/**
 * A request that is not served, said in HTTP's terms: a status from 400 to 599 and a text that its sender may read.
 *
 * The seam throws these for what is wrong before a handler runs; a handler may throw one too. The API that owns the path turns it into its own form ({@link WireErrors}).
 */
export class WireRefusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(status: number, message: string, options?: WireRefusalOptions) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WireRefusal';
    this.status = status;
    this.headers = options?.headers;
  }
}
