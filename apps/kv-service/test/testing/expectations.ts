import { expect } from '@jest/globals';
import type { HttpAnswer } from '@kvasir/test-harness';

/** What each test sees of the whole store: its keys, and its figures without the revision. */
export interface Contents {
  readonly keys: readonly string[];
  readonly figures: { readonly keys: number; readonly size_bytes: number };
}

interface Getter {
  get(path: string): Promise<HttpAnswer>;
}

/** Checks an error in the form of docs/contracts/kv.md, with the members of RFC 9457. */
export function expectProblem(answer: HttpAnswer, status: number, text: string | RegExp = /./): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  const body = answer.json() as { error: string };
  expect(body.error).toMatch(text);
  expect(body).toEqual({
    error: body.error,
    type: expect.any(String),
    title: expect.any(String),
    status,
    detail: body.error,
  });
}

/** Every key there is, and the figures of `/stats`: equal before and after what may change nothing. */
export async function contentsOf(http: Getter): Promise<Contents> {
  const { keys } = (await http.get('/kv')).json() as { keys: string[] };
  const stats = (await http.get('/stats')).json() as Contents['figures'];
  return { keys, figures: { keys: stats.keys, size_bytes: stats.size_bytes } };
}
