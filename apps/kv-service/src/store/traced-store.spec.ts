import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openLogStore } from '@kvasir/engine-wal';
import { jsonTextOfString, type KvStore, type Operation, type TransactionResult } from '@kvasir/kv-core';
import type { Span, SpanStart, Tracer } from '@kvasir/tracing';
import { LastSync } from './last-sync.js';
import { TracedStore } from './traced-store.js';

const VALUE = jsonTextOfString('v');
const CONTEXT = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), flags: 1 } as unknown as Span['context'];

/** Notes the spans that are begun; whatever runs is on behalf of one that is recorded. */
class NotingTracer implements Tracer {
  readonly begun: SpanStart[] = [];
  private readonly span: Span = { context: CONTEXT, isRecorded: true, rename: () => undefined, end: () => undefined };

  start(start: SpanStart): Span {
    this.begun.push(start);
    return this.span;
  }

  within<Result>(_span: Span, work: () => Result): Result {
    return work();
  }

  current(): Span {
    return this.span;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe('the span of a sync', () => {
  let directory: string;
  let tracer: NotingTracer;
  let store: KvStore;
  let onWriting: (() => void) | undefined;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'kvasir-'));
    tracer = new NotingTracer();
    onWriting = undefined;
    const syncs = new LastSync({ writing: () => onWriting?.(), group: () => undefined, synced: () => undefined });
    const opened = await openLogStore({ directory, observer: syncs, onFailure: () => undefined });
    store = new TracedStore(opened.store, { tracer, syncs, readsRemotely: false });
  });

  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const commit = (operation: Operation): Promise<TransactionResult> =>
    store.commit({ atomic: false, operations: [operation] });
  const syncSpans = (): number => tracer.begun.filter(({ name }) => name === 'log.sync').length;

  it('is there for a commit that was written', async () => {
    await commit({ type: 'set', key: 'k', value: VALUE });
    expect(syncSpans()).toBe(1);
  });

  it('is not there for a commit that changes nothing behind a group that is on its way to the disk', async () => {
    let behind: Promise<TransactionResult> | undefined;
    onWriting = () => {
      onWriting = undefined;
      const now = performance.now();
      // Until the clock has moved on: what comes is later than the group.
      while (performance.now() === now);
      behind = commit({ type: 'delete', key: 'missing' });
    };
    await commit({ type: 'set', key: 'k', value: VALUE });
    await behind;
    expect(syncSpans()).toBe(1);
  });

  it('is there for one that changes nothing in a group that others write in', async () => {
    await Promise.all([commit({ type: 'set', key: 'k', value: VALUE }), commit({ type: 'delete', key: 'missing' })]);
    expect(syncSpans()).toBe(2);
  });
});
