import { rawAnswer, type RawRequest } from '@kvasir/test-harness';
import type { KeysStore, Lie } from './keys-server.js';

const HTML = '<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>';

/** A service that does not keep its promises, and what a run says of it. */
export interface LieCase {
  /** What the service does. */
  readonly that: string;
  readonly lie: Lie;
  /** Step and error of a deletion, word for word or as a pattern; undefined when it must pass. */
  readonly deletion: readonly [step: string, error: string | RegExp] | undefined;
  /** The same of an overwrite. */
  readonly overwrite: readonly [step: string, error: string | RegExp] | undefined;
  /** The key stays: the service keeps it, or cannot be reached any more. */
  readonly leavesKey?: boolean;
}

const only =
  (method: RawRequest['method'], lie: Lie): Lie =>
  (request, store, socket) =>
    request.method === method ? lie(request, store, socket) : store.answer(request);

/** Lies from the second request of this method on, for one run of a server. */
function fromSecond(method: string, lie: Lie): Lie {
  const seen = new Map<KeysStore, number>();
  return (request, store, socket) => {
    if (request.method !== method) return store.answer(request);
    const count = (seen.get(store) ?? 0) + 1;
    seen.set(store, count);
    return count > 1 ? lie(request, store, socket) : store.answer(request);
  };
}

const page = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): string =>
  rawAnswer(status, body, { 'Content-Type': 'text/html', ...headers });

const everything = (step: string, error: string | RegExp): Pick<LieCase, 'deletion' | 'overwrite'> => ({
  deletion: [step === 'connection' ? step : 'store', error],
  overwrite: [step === 'connection' ? step : 'store_original', error],
});

const TIMEOUT = 'Timeout connecting to KV service';

/** Every kind of service that a run must survive. */
export const LIES: readonly LieCase[] = [
  { that: 'answers HTML', lie: () => page(502, HTML), ...everything('store', HTML) },
  { that: 'answers HTML with the right status', lie: () => page(201, HTML), ...everything('store', HTML) },
  { that: 'answers 200 to everything', lie: () => page(200, 'OK'), ...everything('store', 'OK') },
  {
    that: 'answers 200 with a success to everything',
    lie: () => ({ status: 200, body: { success: true } }),
    ...everything('store', '{"success":true}'),
  },
  {
    that: 'says that it has not stored what it was sent',
    lie: only('POST', () => ({ status: 201, body: { success: false } })),
    ...everything('store', '{"success":false}'),
  },
  {
    that: 'answers with an empty body',
    lie: () => rawAnswer(500, ''),
    ...everything('store', 'the service answered 500 with an empty body'),
  },
  {
    that: 'redirects to another host',
    lie: () => page(307, 'over there', { Location: 'http://192.0.2.1/' }),
    ...everything('store', 'over there'),
  },
  {
    that: 'returns another value',
    lie: only('GET', (request, store) => {
      const { status, body } = store.answer(request);
      return { status, body: status === 200 ? { ...(body as object), value: 'another' } : body };
    }),
    deletion: ['retrieve', 'Value mismatch'],
    overwrite: ['retrieve_original', 'Value mismatch'],
  },
  {
    that: 'returns null for every value',
    lie: only('GET', () => ({ status: 200, body: { success: true, key: 'k', value: null } })),
    deletion: ['retrieve', 'Value mismatch'],
    overwrite: ['retrieve_original', 'Value mismatch'],
  },
  {
    that: 'returns no value at all',
    lie: only('GET', () => ({ status: 200, body: { success: true } })),
    deletion: ['retrieve', '{"success":true}'],
    overwrite: ['retrieve_original', '{"success":true}'],
  },
  {
    that: 'names another key',
    lie: only('GET', (request, store) => {
      const { status, body } = store.answer(request);
      return { status, body: { ...(body as object), key: 'other' } };
    }),
    deletion: ['retrieve', /^\{"success":true,"key":"other","value":\{/],
    overwrite: ['retrieve_original', /^\{"success":true,"key":"other","value":\{/],
  },
  {
    that: 'answers JSON that is no object',
    lie: only('GET', () => ({ status: 200, body: null })),
    deletion: ['retrieve', 'null'],
    overwrite: ['retrieve_original', 'null'],
  },
  {
    that: 'forgets what it has stored',
    lie: only('POST', () => ({ status: 201, body: { success: true } })),
    deletion: ['retrieve', /^\{"detail":\{"success":false,"error":"Key 'test-client-deletion-[^']+' not found"\}\}$/],
    overwrite: ['retrieve_original', /not found/],
  },
  {
    that: 'keeps deleted keys',
    lie: only('DELETE', () => ({ status: 200, body: { success: true, message: 'Key deleted successfully' } })),
    deletion: ['verify_deletion', 'Key still exists'],
    overwrite: undefined,
    leavesKey: true,
  },
  {
    that: 'refuses to delete',
    lie: only('DELETE', () => page(403, 'no')),
    deletion: ['delete', 'no'],
    overwrite: undefined,
    leavesKey: true,
  },
  {
    that: 'breaks on a read after the deletion',
    lie: fromSecond('GET', () => page(500, 'broken')),
    deletion: ['verify_deletion', 'broken'],
    overwrite: ['verify_new', 'broken'],
  },
  {
    that: 'ignores overwrites',
    lie: only('PUT', () => ({ status: 200, body: { success: true, message: 'Value stored successfully' } })),
    deletion: undefined,
    overwrite: ['verify_new', 'New value mismatch'],
  },
  {
    that: 'refuses to overwrite',
    lie: only('PUT', () => ({ status: 405, body: { detail: 'Method Not Allowed' } })),
    deletion: undefined,
    overwrite: ['overwrite', '{"detail":"Method Not Allowed"}'],
  },
  {
    that: 'closes the connection without an answer',
    lie: (_request, _store, socket) => void socket.end(),
    ...everything('connection', 'other side closed'),
  },
  {
    that: 'resets the connection',
    lie: (_request, _store, socket) => void socket.resetAndDestroy(),
    ...everything('connection', 'read ECONNRESET'),
  },
  {
    that: 'does what it is told and closes the connection in the midst of the answer',
    lie: only('POST', (request, store, socket) => {
      store.answer(request);
      socket.end('HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"success":');
      return undefined;
    }),
    ...everything('connection', 'other side closed'),
  },
  {
    that: 'is no HTTP server',
    lie: () => 'SSH-2.0-OpenSSH_9.2\r\n',
    ...everything('connection', /^Response does not match the HTTP\/1\.1 protocol/),
  },
  {
    that: 'sends headers without end',
    lie: () => `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`,
    ...everything('connection', 'Headers Overflow Error'),
  },
  { that: 'never answers', lie: () => undefined, ...everything('connection', TIMEOUT) },
  {
    that: 'stops in the midst of an answer',
    lie: () => 'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"success":',
    ...everything('connection', TIMEOUT),
  },
  {
    that: 'does what it is told, but answers too late',
    lie: only('POST', (request, store) => {
      store.answer(request);
      return undefined;
    }),
    ...everything('connection', TIMEOUT),
  },
  {
    that: 'drips an answer without end',
    lie: (_request, _store, socket) => {
      socket.write('HTTP/1.1 201 Created\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 5);
      socket.once('close', () => clearInterval(drip));
      return undefined;
    },
    ...everything('connection', TIMEOUT),
  },
  {
    that: 'floods an answer without end',
    lie: (_request, _store, socket) => {
      const piece = 'x'.repeat(65_536);
      const flood = (): void => {
        while (!socket.destroyed && socket.write(piece));
      };
      socket.on('drain', flood);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      flood();
      return undefined;
    },
    ...everything('store', /^x{10000}… \(more than 1048576 characters\)$/),
  },
  {
    that: 'answers with a huge body',
    lie: () => page(500, 'y'.repeat(100_000)),
    ...everything('store', /^y{10000}… \(100000 characters\)$/),
  },
  {
    that: 'answers bytes that are no text',
    lie: () => rawAnswer(500, '\uFFFD\0\u001B'),
    ...everything('store', '\uFFFD\0\u001B'),
  },
];
