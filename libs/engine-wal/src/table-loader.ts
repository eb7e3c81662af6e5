import { trustJsonText } from '@kvasir/kv-core';
import type { LogVisitor } from '@kvasir/wal';

import type { OrderedTable } from './table/ordered-table.js';

/**
 * Puts a replayed log into a table, what has expired meanwhile included: an entry's created time may still be needed by a line that overwrote it while it lived.
 */
export class TableLoader implements LogVisitor {
  constructor(private readonly table: OrderedTable) {}

  set(
    key: string,
    value: string,
    expiresAt: number,
    updatedAt: number,
    createdAt: number | undefined,
    revision: number,
  ): void {
    this.table.set({
      key,
      value: trustJsonText(value),
      revision,
      createdAt: createdAt ?? this.table.get(key, updatedAt)?.createdAt ?? updatedAt,
      updatedAt,
      expiresAt,
    });
  }

  delete(key: string): void {
    this.table.delete(key);
  }
}
