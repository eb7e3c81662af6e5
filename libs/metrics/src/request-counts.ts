import { METHODS } from 'node:http';
import type { RequestObserver, WireApi, WireRoute } from '@kvasir/http';
import { BucketCounts } from './bucket-counts.js';

/** Upper bounds of the buckets of latencies, in milliseconds: from a read of what is in memory to what somebody gives up on. */
export const LATENCY_BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/** HTTP's statuses have three digits. */
const STATUSES = 1000;

/** The `route` of a request that fits none, or asks for a page. */
const NO_ROUTE = 'none';

/** The `method` of a request whose method nobody knows: clients make up neither labels nor memory. */
const OTHER_METHOD = 'other';

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

/** What was counted of the requests of one route with one method. */
export class RouteCounts {
  /** How many were answered with each status. */
  readonly statuses = new Float64Array(STATUSES);
  /** Milliseconds. */
  readonly latency = new BucketCounts(LATENCY_BOUNDS_MS);

  constructor(
    readonly api: string,
    /** The template, such as `/kv/:key`. */
    readonly route: string,
    readonly method: string,
  ) {}

  add(status: number, ms: number): void {
    this.statuses[status]!++;
    this.latency.add(ms);
  }
}

/** Counts HTTP requests. The route's own object says which, so that the usual request costs no text. */
export class RequestCounts implements RequestObserver {
  private readonly routes = new Map<WireRoute, RouteCounts>();
  /** HEAD, and what fits no route, by api, route and method. */
  private readonly others = new Map<string, RouteCounts>();

  answered(route: WireRoute | undefined, api: WireApi, method: string, status: number, ms: number): void {
    const counts = route?.method === method ? this.routes.get(route) : undefined;
    (counts ?? this.countsOf(route, api, method)).add(status, ms);
  }

  /** One for each route and method that was asked for so far. */
  *all(): Iterable<RouteCounts> {
    yield* this.routes.values();
    yield* this.others.values();
  }

  private countsOf(route: WireRoute | undefined, api: WireApi, method: string): RouteCounts {
    if (route !== undefined && route.method === method) {
      const counts = new RouteCounts(api.name, route.template, method);
      this.routes.set(route, counts);
      return counts;
    }
    const template = route?.template ?? NO_ROUTE;
    const known = KNOWN_METHODS.has(method) ? method : OTHER_METHOD;
    const name = `${api.name} ${template} ${known}`;
    let counts = this.others.get(name);
    if (counts === undefined) this.others.set(name, (counts = new RouteCounts(api.name, template, known)));
    return counts;
  }
}
