import type { CallCounts } from './call-counts.js';
import type { HistogramSample, Sample } from './declared-metric.js';
import type { RequestCounts } from './request-counts.js';

const MS_PER_SECOND = 1000;

/** A line without labels; none for what there is not. */
export function single(value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ labels: {}, value }];
}

/** HTTP requests, with the labels `api`, `route`, `method`, `status`. */
export function* requestSamples(counts: RequestCounts): Iterable<Sample> {
  for (const { api, route, method, statuses } of counts.all())
    for (const [status, value] of statuses.entries())
      if (value > 0) yield { labels: { api, route, method, status: String(status) }, value };
}

/** The time that they took, in seconds, with the labels `api`, `route`, `method`. */
export function* requestTimes(counts: RequestCounts): Iterable<HistogramSample> {
  for (const { api, route, method, latency } of counts.all())
    yield { labels: { api, route, method }, counts: latency, divisor: MS_PER_SECOND };
}

/**
 * Calls between services, with the labels `method`, `status`.
 *
 * @param nameOf a status as it is told
 */
export function* callSamples<Status extends string | number>(
  counts: CallCounts<Status>,
  nameOf: (status: Status) => string,
): Iterable<Sample> {
  for (const [method, { statuses }] of counts.methods)
    for (const [status, value] of statuses) yield { labels: { method, status: nameOf(status) }, value };
}

/** The time that they took, in seconds, with the label `method`. */
export function* callTimes(counts: CallCounts<string | number>): Iterable<HistogramSample> {
  for (const [method, { latency }] of counts.methods)
    yield { labels: { method }, counts: latency, divisor: MS_PER_SECOND };
}
