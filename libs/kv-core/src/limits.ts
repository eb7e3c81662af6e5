/** The most entries that one page of a listing holds. */
export const MAX_PAGE_LIMIT = 10_000;

/** The longest TTL, in milliseconds: 100 years (docs/contracts/kv.md). Expiry times stay far below 2^53. */
export const MAX_TTL_MS = 3_153_600_000 * 1000;

/** What a request may bring, each an environment variable (docs/contracts/README.md "Limits"). */
export interface RequestLimits {
  /** The most bytes of a body. */
  readonly maxBodyBytes: number;
  /** The most operations of one batch or bulk. */
  readonly maxBatchOperations: number;
  /** How deep arrays and objects may nest inside a value; a value that is neither has depth 0. */
  readonly maxJsonDepth: number;
}

export const DEFAULT_REQUEST_LIMITS: RequestLimits = {
  maxBodyBytes: 1_048_576,
  maxBatchOperations: 1000,
  maxJsonDepth: 64,
};
