import type { HttpClient } from '@kvasir/test-harness';
import type { Random } from './random.js';

const KEYS_A_WRITER = 6;

/** What a writer's keys hold: value by key, of those that are there. */
type Held = ReadonlyMap<string, number>;

interface NextWrite {
  readonly request: (http: HttpClient) => Promise<{ status: number; text: string }>;
  /** What the keys hold once it is done. */
  readonly after: Held;
  readonly atomic: boolean;
}

export interface WorkOptions {
  readonly onAcknowledged?: () => void;
  /** Asked before each write whether there is to be one. */
  readonly goesOn?: () => boolean;
  /** The status of an answer that says that nothing was done. */
  readonly refusal?: number;
  /** The status of an answer that says that nobody knows, and that ends the work. */
  readonly unclear?: number;
}

/** One client that writes keys of its own, one request after the other, and knows what must be there. */
export class Writer {
  acknowledged = 0;
  atomic = 0;
  unanswered = 0;
  refused = 0;
  done = 0;
  private readonly keys: readonly string[];
  private held: Held = new Map();
  /** What the keys hold if the request that was not answered was done. */
  private unclear: Held | undefined;
  private lastValue = 0;

  constructor(
    number: number,
    private readonly random: Random,
  ) {
    this.keys = Array.from({ length: KEYS_A_WRITER }, (_, i) => `writer ${number}/key ${i}`);
  }

  /** Writes until a request is not answered any more, or the options say that it is enough. */
  async work(http: HttpClient, options: WorkOptions): Promise<void> {
    while (options.goesOn?.() !== false) {
      const { request, after, atomic } = this.nextWrite();
      this.unclear = after;
      let status: number;
      let text: string;
      try {
        ({ status, text } = await request(http));
      } catch {
        this.unanswered++;
        return;
      }
      if (status === options.unclear) {
        this.unanswered++;
        return;
      }
      if (status === options.refusal) {
        this.unclear = undefined;
        this.refused++;
        continue;
      }
      if (status !== 200) throw new Error(`a write was answered with ${status}: ${text}`);
      this.held = after;
      this.unclear = undefined;
      this.acknowledged++;
      if (atomic) this.atomic++;
      options.onAcknowledged?.();
    }
  }

  /** Compares what the service holds with what was acknowledged, or with that and the request that was not answered. */
  async check(http: HttpClient): Promise<void> {
    const operations = this.keys.map((key) => ({ op: 'get', key }));
    const answer = await http.post('/kv/batch', { operations });
    if (answer.status !== 200) throw new Error(`reading was answered with ${answer.status}: ${answer.text}`);
    const { results } = answer.json() as { results: { value?: number }[] };
    const found = new Map<string, number>();
    for (const [i, { value }] of results.entries()) if (value !== undefined) found.set(this.keys[i]!, value);
    const same = (other: Held | undefined): boolean => other !== undefined && heldText(other) === heldText(found);
    if (!same(this.held)) {
      if (!same(this.unclear)) {
        throw new Error(
          `found ${heldText(found)}, acknowledged was ${heldText(this.held)}, not answered ${this.unclear && heldText(this.unclear)}`,
        );
      }
      this.done++;
    }
    this.held = found;
    this.unclear = undefined;
  }

  private nextWrite(): NextWrite {
    const { random, held } = this;
    const after = new Map(held);
    if (random.chance(0.4)) return this.nextTransaction(after);
    const key = random.pick(this.keys);
    const path = `/kv/${encodeURIComponent(key)}`;
    if (held.has(key) && random.chance(0.3)) {
      after.delete(key);
      return { request: (http) => http.delete(path), after, atomic: false };
    }
    const value = ++this.lastValue;
    after.set(key, value);
    return { request: (http) => http.put(path, { value }), after, atomic: false };
  }

  /** Adds the keys that are not there and deletes those that are, several at once: records are never overwritten. */
  private nextTransaction(after: Map<string, number>): NextWrite {
    const first = this.random.int(KEYS_A_WRITER - 1);
    const keys = this.keys.slice(first, first + 2 + this.random.int(KEYS_A_WRITER - first - 1));
    const operations = keys.map((key) => {
      if (after.delete(key)) return { method: 'DELETE', key };
      const value = ++this.lastValue;
      after.set(key, value);
      return { method: 'PUT', key, value };
    });
    return { request: (http) => http.put('/bulk', operations), after, atomic: true };
  }
}

function heldText(held: Held): string {
  return JSON.stringify([...held].sort(([a], [b]) => (a < b ? -1 : 1)));
}
