import { describe, expect, it } from '@jest/globals';
import { DEFAULT_API, WireAnswer, type WireRoute } from '@kvasir/http';
import { BucketCounts } from './bucket-counts.js';
import { RequestCounts } from './request-counts.js';

const GET: WireRoute = {
  method: 'GET',
  template: '/kv/:key',
  params: ['key'],
  keyIndex: 0,
  takesBody: false,
  streams: undefined,
  api: DEFAULT_API,
  handler: () => new WireAnswer(200, ''),
};

function summary(counts: RequestCounts): string[] {
  return Array.from(counts.all(), ({ api, route, method, statuses }) => {
    const answered = [...statuses.entries()].filter(([, count]) => count > 0);
    return `${api} ${method} ${route} ${answered.map(([status, count]) => `${status}:${count}`).join(' ')}`;
  });
}

describe('BucketCounts', () => {
  it('counts a value in the first bucket whose bound is not below it, and those above all bounds in the last', () => {
    const counts = new BucketCounts([1, 2.5, 10]);
    for (const value of [0, 1, 1.0001, 2.5, 10, 11, Infinity]) counts.add(value);
    expect([...counts.buckets]).toEqual([2, 2, 1, 2]);
  });

  it('adds its values up', () => {
    const counts = new BucketCounts([1]);
    for (const value of [0.5, 0.25, 8]) counts.add(value);
    expect(counts.sum).toBe(8.75);
  });
});

describe('RequestCounts', () => {
  it('counts by route, method and status', () => {
    const counts = new RequestCounts();
    counts.answered(GET, DEFAULT_API, 'GET', 200, 1);
    counts.answered(GET, DEFAULT_API, 'GET', 200, 2);
    counts.answered(GET, DEFAULT_API, 'GET', 404, 3);
    counts.answered(GET, DEFAULT_API, 'HEAD', 200, 4);
    expect(summary(counts)).toEqual(['http GET /kv/:key 200:2 404:1', 'http HEAD /kv/:key 200:1']);
    expect(Array.from(counts.all(), ({ latency }) => latency.sum)).toEqual([6, 4]);
  });

  it('has one place for all requests that fit no route, and lets clients make up no method', () => {
    const counts = new RequestCounts();
    for (let i = 0; i < 100; i++) counts.answered(undefined, DEFAULT_API, `MADE-UP-${i}`, 405, 1);
    counts.answered(undefined, DEFAULT_API, 'DELETE', 404, 1);
    expect(summary(counts)).toEqual(['http other none 405:100', 'http DELETE none 404:1']);
  });
});
