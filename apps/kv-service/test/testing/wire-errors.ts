import { describe, expect, it } from '@jest/globals';
import type { HttpAnswer, HttpClient } from '@kvasir/test-harness';
import { contentsOf } from './expectations.js';

/** What an answer says, for one comparison. */
export function said(answer: HttpAnswer): readonly [status: number, body: unknown] {
  return [answer.status, answer.json()];
}

/** Arrays nested this many levels deep. */
export function nested(levels: number): string {
  return `${'['.repeat(levels)}${']'.repeat(levels)}`;
}

/** A key's path segment, every byte percent-encoded, so that no library between here and there can tidy it. */
export function segmentOf(key: string): string {
  return [...Buffer.from(key)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** What the tests of the refusals that every API has need to know of one. */
export interface RefusingApi {
  /** The form of an error: its body, given its text. */
  readonly form: (text: unknown) => unknown;
  /** The path of a key, given its raw segment. */
  readonly path: (segment: string) => string;
  /** The method that writes a key. */
  readonly write: 'POST' | 'PUT';
  /** A path below the API that is none of its routes. */
  readonly unknown: string;
  /** `Allow` of a key's path. */
  readonly allow: string;
  /** A body that writes the key `k`, with this JSON text for its value. */
  readonly body: (value: string) => string;
}

/** What came of a request that must be refused. */
interface RefusalCase {
  readonly name: string;
  readonly status: number;
  /** What the text must match. */
  readonly text: RegExp;
  readonly headers?: Readonly<Record<string, string>>;
  readonly send: (http: HttpClient) => Promise<HttpAnswer>;
}

function commonRefusals({ path, write, unknown, allow, body }: RefusingApi): RefusalCase[] {
  const json = { 'Content-Type': 'application/json' };
  const good = body('"v"');
  return [
    ...[
      ['%zz', /bad percent-encoding/],
      ['%ff', /not valid UTF-8/],
      ['a%00b', /NUL/],
      ['x'.repeat(1025), /1025 bytes/],
    ].map(([segment, text]) => ({
      name: `the key ${String(segment).slice(0, 8)}`,
      status: 400,
      text: text as RegExp,
      send: (http: HttpClient) => http.send(write, path(segment as string), { body: good }),
    })),
    {
      name: 'a key that is bad, when it is read',
      status: 400,
      text: /percent-encoding/,
      send: (http) => http.get(path('%4')),
    },
    {
      name: 'a key that is bad, when it is deleted',
      status: 400,
      text: /percent-encoding/,
      send: (http) => http.delete(path('%4')),
    },
    {
      name: 'a body of 1 MiB and a byte',
      status: 413,
      text: /larger than 1048576 bytes/,
      send: (http) => http.send(write, path('k'), { body: body(`"${'x'.repeat(1_048_577 - body('""').length)}"`) }),
    },
    ...['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1'].map((type) => ({
      name: `a body of type ${type}`,
      status: 415,
      text: /application\/json|utf-8/,
      send: (http: HttpClient) => http.send(write, path('k'), { body: good, headers: { 'Content-Type': type } }),
    })),
    {
      name: 'a compressed body',
      status: 415,
      text: /'gzip' is not taken/,
      send: (http) => http.send(write, path('k'), { body: good, headers: { ...json, 'Content-Encoding': 'gzip' } }),
    },
    {
      name: 'a value with 65 levels',
      status: 400,
      text: /deeper than 64 levels/,
      send: (http) => http.send(write, path('k'), { body: body(nested(65)) }),
    },
    {
      name: 'a method that it does not have',
      status: 405,
      text: /PATCH is not allowed/,
      headers: { allow },
      send: (http) => http.send('PATCH', path('k')),
    },
    {
      name: 'a path that it does not have',
      status: 404,
      text: /nothing at this path/,
      send: (http) => http.get(unknown),
    },
  ];
}

/** Runs a refused request and tells whether the store is as it was. */
export async function changes(http: HttpClient, run: () => Promise<void>): Promise<boolean> {
  const before = await contentsOf(http);
  await run();
  const after = await contentsOf(http);
  return JSON.stringify(before) !== JSON.stringify(after);
}

/** Tests the refusals that the README of the contracts asks of every API, each in its own form. */
export function describeCommonRefusals(http: () => HttpClient, api: RefusingApi): void {
  describe('the refusals that every API has', () => {
    it.each(commonRefusals(api))('$name is a $status, in the form of this one', async (refusal) => {
      const { status, text, headers, send } = refusal;
      const changed = await changes(http(), async () => {
        const answer = await send(http());
        expect(said(answer)).toEqual([status, api.form(expect.stringMatching(text))]);
        expect(answer.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', ...headers });
      });
      expect(changed).toBe(false);
    });
  });
}
