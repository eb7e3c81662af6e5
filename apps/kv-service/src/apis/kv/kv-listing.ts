import type { KvStore, Page } from '@kvasir/kv-core';

/** Some 30 KB of text and well under a millisecond: what other requests may wait for. */
const KEYS_PER_PAGE = 1000;

/**
 * The answer of a listing, `{"keys": […]}`: as one text when a page holds all keys, else page by page, each as the store is when its turn comes. A key that is there all the time is
 * listed exactly once.
 */
export async function listingBody(store: KvStore, prefix: string): Promise<string | AsyncIterable<string>> {
  const first = await store.listKeys({ prefix, limit: KEYS_PER_PAGE });
  return first.more ? streamed(store, prefix, first) : `{"keys":${JSON.stringify(first.items)}}`;
}

async function* streamed(store: KvStore, prefix: string, first: Page<string>): AsyncGenerator<string> {
  let page = first;
  yield `{"keys":[${elements(page)}`;
  while (page.more) {
    const after = page.items.at(-1);
    page = await store.listKeys({ prefix, after, limit: KEYS_PER_PAGE });
    if (page.items.length > 0) yield `,${elements(page)}`;
  }
  yield ']}';
}

function elements(page: Page<string>): string {
  return JSON.stringify(page.items).slice(1, -1);
}
