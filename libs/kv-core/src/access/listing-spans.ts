import { compareKeys, endOfPrefix } from '../key.js';
import type { ListQuery, PrefixQuery, RangeQuery } from '../store.js';

/** Which keys a listing asks for, without what its page is. */
export type Span = PrefixQuery | RangeQuery;

/**
 * The parts of a listing that lie under the given prefixes, in the direction of the listing: to list one after the other is to list what the query asks for, less what no prefix holds.
 * Parts that lie wholly before `after` are left out.
 *
 * @param prefixes in byte order, none of which begins with another
 */
export function spansUnder(prefixes: readonly string[], query: ListQuery): Span[] {
  const spans: Span[] = [];
  for (const prefix of prefixes) {
    if (liesBehind(prefix, query)) continue;
    const span = intersection(prefix, query);
    if (span !== undefined) spans.push(span);
  }
  return query.reverse === true ? spans.reverse() : spans;
}

/** Whether a page that goes on after `after` has every key with this prefix behind it. */
function liesBehind(prefix: string, { after, reverse }: ListQuery): boolean {
  if (after === undefined) return false;
  // A key with the prefix is the prefix or comes after it.
  return reverse === true
    ? compareKeys(after, prefix) <= 0
    : compareKeys(after, prefix) > 0 && !after.startsWith(prefix);
}

function intersection(allowed: string, query: ListQuery): Span | undefined {
  const { prefix, start, end } = query as PrefixQuery & RangeQuery;
  if (start !== undefined || end !== undefined) {
    const from = start !== undefined && compareKeys(start, allowed) > 0 ? start : allowed;
    const allowedEnd = endOfPrefix(allowed);
    const to = allowedEnd === undefined || (end !== undefined && compareKeys(end, allowedEnd) < 0) ? end : allowedEnd;
    return to === undefined || compareKeys(from, to) < 0 ? { start: from, end: to } : undefined;
  }
  const asked = prefix ?? '';
  if (asked.startsWith(allowed)) return { prefix: asked };
  return allowed.startsWith(asked) ? { prefix: allowed } : undefined;
}
