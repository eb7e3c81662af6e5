import type { RequestHead } from '../http-messages.js';
import { ANYONE, type Caller } from '../wire-gate.js';
import { WireRefusal } from '../wire-refusal.js';
import { ClientAddresses, type AddressSource, type TrustProxy } from './client-address.js';
import { TokenBuckets } from './token-buckets.js';

/** How many requests a caller may send. */
export interface RateLimiterOptions {
  /** Requests a second, for each caller; 1 or more. */
  readonly ratePerSecond: number;
  /** The most requests at once, after a pause; 1 or more. */
  readonly burst: number;
  /** Whose word is taken for the address of a client; undefined: nobody's. */
  readonly trustProxy: TrustProxy | undefined;
  /** The most callers that are remembered, keys and addresses each; default 65,536, which take about 10 MB. */
  readonly maxCallers?: number;
  /** Milliseconds, never running backwards; default the process's monotonic clock. */
  readonly now?: () => number;
}

/** A request that comes too soon. */
export interface RateExcess {
  /** Whole seconds until the next one will be taken, 1 or more. */
  readonly retryAfterSeconds: number;
  /** For the client to read. */
  readonly text: string;
}

const DEFAULT_MAX_CALLERS = 65_536;

/** What probes ask must not depend on how much others ask; they send no other method than these. */
const EXEMPT = '/health';
const EXEMPT_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD']);

/**
 * Counts requests: those of a caller whom the gate knows by its name, all others by their address. A refused request counts for the address it came from, so that guessing keys is
 * counted too.
 *
 * Names and addresses have tables of their own: there are as many names as the operator gave, and no flood of addresses pushes them out.
 */
export class RateLimiter {
  private readonly names: TokenBuckets;
  private readonly addresses: TokenBuckets;
  private readonly clients: ClientAddresses;
  private readonly quota: string;
  private readonly policy: string;
  private refusals = 0;

  constructor(options: RateLimiterOptions) {
    const { ratePerSecond, burst, trustProxy, maxCallers = DEFAULT_MAX_CALLERS } = options;
    const now = options.now ?? (() => performance.now());
    const table = { ratePerSecond, burst, maxBuckets: maxCallers, now };
    this.names = new TokenBuckets(table);
    this.addresses = new TokenBuckets(table);
    this.clients = new ClientAddresses(trustProxy);
    this.quota = `${ratePerSecond} requests a second, and ${burst} at once after a pause`;
    this.policy = `"requests";q=${burst};w=${Math.max(1, Math.ceil(burst / ratePerSecond))}`;
  }

  /** How many requests came too soon so far. */
  get refused(): number {
    return this.refusals;
  }

  /** @returns undefined when the request may go on */
  count(caller: Caller | undefined, source: AddressSource): RateExcess | undefined {
    const known = caller !== undefined && caller !== ANYONE;
    const missingMs = known ? this.names.take(caller.name) : this.addresses.take(this.clients.of(source));
    if (missingMs === 0) return undefined;
    this.refusals++;
    const retryAfterSeconds = Math.max(1, Math.ceil(missingMs / 1000));
    const whose = known ? 'this API key' : 'this address';
    return {
      retryAfterSeconds,
      text: `too many requests for ${whose}: allowed are ${this.quota}; try again in ${retryAfterSeconds} s`,
    };
  }

  /**
   * What an HTTP request is answered with that comes too soon: a 429 with `Retry-After` and the fields of draft-ietf-httpapi-ratelimit-headers-10.
   *
   * @param path raw, starting with a slash; a GET or HEAD of `/health` and what is below it is not counted
   * @param caller what the gate said
   */
  refusal(path: string, caller: Caller | WireRefusal, req: RequestHead): WireRefusal | undefined {
    if (isExempt(req.method, path)) return undefined;
    const excess = this.count(caller instanceof WireRefusal ? undefined : caller, req);
    if (excess === undefined) return undefined;
    const seconds = String(excess.retryAfterSeconds);
    return new WireRefusal(429, excess.text, {
      headers: {
        'Retry-After': seconds,
        'RateLimit-Policy': this.policy,
        RateLimit: `"requests";r=0;t=${seconds}`,
      },
    });
  }
}

function isExempt(method: string | undefined, path: string): boolean {
  if (!path.startsWith(EXEMPT) || !EXEMPT_METHODS.has(method)) return false;
  return path.length === EXEMPT.length || path[EXEMPT.length] === '/';
}
