import type { WireAnswer } from './wire-answer.js';
import { DEFAULT_API, type WireApi } from './wire-errors.js';
import { WireRefusal } from './wire-refusal.js';
import type { RouteOfRequest, WireRequest } from './wire-request.js';

/** Serves one route. What it throws is answered in the API's error form. */
export type WireHandler = (request: WireRequest) => WireAnswer | Promise<WireAnswer>;

/** The methods that a route can be declared for; `HEAD` comes with `GET`. */
export type WireMethod = 'GET' | 'PUT' | 'POST' | 'DELETE';

/** One method of one path. */
export interface WireRoute extends RouteOfRequest {
  readonly method: WireMethod;
  /** Where `key` is among `params`; -1 when it is not. */
  readonly keyIndex: number;
  /** Whether a body is read: for PUT and POST. */
  readonly takesBody: boolean;
  /** The media type of a body that the handler reads itself, piece by piece, however long it is; undefined: it is JSON, and read before. */
  readonly streams: string | undefined;
  readonly api: WireApi;
  readonly handler: WireHandler;
}

/** What is said of a route to have it in the table. */
export interface WireRouteDeclaration {
  readonly method: WireMethod;
  readonly template: string;
  /** The path under which the API answers unknown paths itself: its controller's path. With `/` it is the first segment of each route, of `/:key` too, unless that is a segment of another API's. */
  readonly prefix: string;
  /** See {@link WireRoute.streams}. */
  readonly streams?: string;
  readonly api: WireApi;
  readonly handler: WireHandler;
}

/** Where a request goes. */
export type WireMatch =
  | { readonly kind: 'route'; readonly route: WireRoute; readonly rawParams: readonly string[] }
  | { readonly kind: 'express' }
  | { readonly kind: 'refusal'; readonly api: WireApi; readonly refusal: WireRefusal };

interface External {
  readonly methods: ReadonlySet<string>;
  readonly subtree: boolean;
}

class Node {
  readonly literals = new Map<string, Node>();
  param: Node | undefined;
  readonly routes = new Map<string, WireRoute>();
  external: External | undefined;
  /** The API that answers unknown paths from here on. */
  owner: WireApi | undefined;

  /** A route's parameter that ends here stands for one segment: what a slash inside a key would have to be. */
  get isParamRoute(): boolean {
    return [...this.routes.values()].some((route) =>
      route.template.slice(route.template.lastIndexOf('/')).startsWith('/:'),
    );
  }
}

const EXPRESS: WireMatch = { kind: 'express' };

/** Where the first segment of `/` starts: it has none. */
const NO_SEGMENT = Infinity;

/**
 * The table of all routes. Segments match case by case and byte by byte, before any decoding: `/KV`, `/kv/`, `//kv` and `/%6bv` are not `/kv`. Where a literal segment and a
 * parameter both fit, the literal wins for the methods that it has, and leaves the others to the parameter.
 */
export class WireRouter {
  readonly #root = new Node();
  readonly #methods = new Set<string>();

  /** @param fallback owns every path that no API owns */
  constructor(readonly fallback: WireApi = DEFAULT_API) {}

  /** @throws Error when the method of this path is declared already */
  add(declaration: WireRouteDeclaration): WireRoute {
    const { method, template, prefix, streams, api, handler } = declaration;
    const params: string[] = [];
    let node = this.#root;
    for (const segment of segmentsOf(template)) {
      if (segment.startsWith(':')) params.push(segment.slice(1));
      node = childOf(node, segment);
    }
    const there = node.routes.get(method);
    if (there !== undefined)
      throw new Error(
        `${method} ${template} is declared twice: by ${there.api.name} (${there.template}) and by ${api.name}`,
      );
    const takesBody = method === 'PUT' || method === 'POST';
    const keyIndex = params.indexOf('key');
    const route: WireRoute = { method, template, params, keyIndex, takesBody, streams, api, handler };
    node.routes.set(method, route);
    this.#methods.add(method);
    const [first] = segmentsOf(template);
    if (prefix !== '/') segmentsOf(prefix).reduce(literalOf, this.#root).owner ??= api;
    else if (first !== undefined) childOf(this.#root, first).owner ??= api;
    return route;
  }

  /**
   * Leaves a path to Express, for the given methods; what other methods mean there is up to the routes that fit.
   *
   * @param path literal segments only, such as `/docs`
   * @param options `subtree`: everything below it too. `methods`: default GET, and HEAD with it.
   */
  addExternal(
    path: string,
    options: { readonly subtree?: boolean; readonly methods?: readonly WireMethod[] } = {},
  ): void {
    const methods = options.methods ?? ['GET'];
    segmentsOf(path).reduce(literalOf, this.#root).external = {
      methods: new Set(methods),
      subtree: options.subtree ?? false,
    };
    for (const method of methods) this.#methods.add(method);
  }

  /** @param path raw, starting with a slash */
  match(method: string, path: string): WireMatch {
    const rawParams: string[] = [];
    const start = path === '/' ? NO_SEGMENT : 1;
    const found = find(this.#root, path, start, method === 'HEAD' ? 'GET' : method, rawParams);
    if (found === undefined) return this.#refuse(method, path, segmentsOf(path));
    return 'handler' in found ? { kind: 'route', route: found, rawParams } : EXPRESS;
  }

  /** `Allow` for `*`, which asks about the server as a whole. */
  allowOfServer(): string {
    return allowHeader(this.#methods);
  }

  #refuse(method: string, path: string, segments: readonly string[]): WireMatch {
    const ends = endsOf(this.#root, segments, 0);
    const nearest = ends[0];
    if (nearest === undefined) {
      const passed = segments.some(
        (_, length) => length > 0 && endsOf(this.#root, segments.slice(0, length), 0).some((end) => end.isParamRoute),
      );
      const hint = passed ? ' (a slash inside a key is written %2F)' : '';
      return {
        kind: 'refusal',
        api: ownerOf(this.#root, segments) ?? this.fallback,
        refusal: new WireRefusal(404, `there is nothing at this path${hint}`),
      };
    }
    const api = [...nearest.routes.values()][0]?.api ?? this.fallback;
    const ownRefusal = api.refuseMethod?.(path);
    if (ownRefusal !== undefined) return { kind: 'refusal', api, refusal: ownRefusal };
    const methods = new Set<string>();
    for (const end of ends) {
      // A path of one API may also fit a parameter of another: what it means there is not this API's to say.
      for (const route of end.routes.values()) if (route.api === api) methods.add(route.method);
      if (end === nearest) for (const external of end.external?.methods ?? []) methods.add(external);
    }
    const allow = allowHeader(methods);
    const refusal = new WireRefusal(405, `the method ${method} is not allowed here; allowed are ${allow}`, {
      headers: { Allow: allow },
    });
    return { kind: 'refusal', api, refusal };
  }
}

/** `/` has no segment at all; any other path has one more than it has slashes after its first character. */
function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

function childOf(node: Node, segment: string): Node {
  return segment.startsWith(':') ? (node.param ??= new Node()) : literalOf(node, segment);
}

function literalOf(node: Node, segment: string): Node {
  let next = node.literals.get(segment);
  if (next === undefined) node.literals.set(segment, (next = new Node()));
  return next;
}

/**
 * The first route or external path that has the method, literal segments first; fills in the raw parameters on the way.
 *
 * @param start where in the path the next segment starts; past its end when there is none
 */
function find(
  node: Node,
  path: string,
  start: number,
  method: string,
  rawParams: string[],
): WireRoute | External | undefined {
  const { external } = node;
  const over = start > path.length;
  if (external !== undefined && (external.subtree || over) && external.methods.has(method)) return external;
  if (over) return node.routes.get(method);
  const slash = path.indexOf('/', start);
  const end = slash < 0 ? path.length : slash;
  const segment = path.slice(start, end);
  const literal = node.literals.get(segment);
  const found = literal && find(literal, path, end + 1, method, rawParams);
  if (found !== undefined || node.param === undefined) return found;
  rawParams.push(segment);
  const foundBehindParam = find(node.param, path, end + 1, method, rawParams);
  if (foundBehindParam === undefined) rawParams.pop();
  return foundBehindParam;
}

/** Every node that the path leads to and that has something for any method, literal segments first. */
function endsOf(node: Node, segments: readonly string[], depth: number): Node[] {
  const segment = segments[depth];
  if (segment === undefined) return node.routes.size > 0 || node.external !== undefined ? [node] : [];
  const ends: Node[] = [];
  const literal = node.literals.get(segment);
  if (literal !== undefined) ends.push(...endsOf(literal, segments, depth + 1));
  if (node.param !== undefined) ends.push(...endsOf(node.param, segments, depth + 1));
  if (ends.length === 0 && node.external?.subtree === true) ends.push(node);
  return ends;
}

function ownerOf(root: Node, segments: readonly string[]): WireApi | undefined {
  let owner: WireApi | undefined;
  let node: Node | undefined = root;
  for (const segment of segments) {
    node = node.literals.get(segment) ?? node.param;
    if (node === undefined) break;
    owner = node.owner ?? owner;
  }
  return owner;
}

function allowHeader(methods: ReadonlySet<string>): string {
  const order = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'];
  return order.filter((method) => methods.has(method === 'HEAD' ? 'GET' : method)).join(', ');
}
