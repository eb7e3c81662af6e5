import { isExpired, NEVER } from '@kvasir/kv-core';
import { NO_SLOT } from './key-index.js';
import type { EntryNumbers, SlotColumns } from './slot-columns.js';

/** The numbers of an entry as a line of the log gives them: one object for all lines, as the columns copy its fields. */
export class ReplayedNumbers implements EntryNumbers {
  revision = 0;
  createdAt = 0;
  updatedAt = 0;
  expiresAt = NEVER;

  /**
   * Takes over what a line says.
   *
   * @param slot that of the line's key before the line, or {@link NO_SLOT}
   * @param createdAt undefined: that of the entry in the slot, if it was live at `updatedAt`, else `updatedAt`
   */
  set(
    columns: SlotColumns,
    slot: number,
    expiresAt: number,
    updatedAt: number,
    createdAt: number | undefined,
    revision: number,
  ): void {
    const overwrites = slot !== NO_SLOT && !isExpired(columns.expiresAt(slot), updatedAt);
    this.revision = revision;
    this.createdAt = createdAt ?? (overwrites ? columns.createdAt(slot) : updatedAt);
    this.updatedAt = updatedAt;
    this.expiresAt = expiresAt;
  }
}
