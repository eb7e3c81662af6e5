import type { StoreCapabilities } from '@kvasir/kv-core';
import type { ReferenceStoreClass, Restart } from '../reference-store.js';

/** A reference engine with one mistake in it, and who has to find it. */
export interface Mutant {
  /** The mistake, as the end of "an engine that …". */
  readonly mistake: string;
  /** The concern of which at least one test must fail. */
  readonly caughtBy: string;
  /** Whether random histories must find it as well: they cannot see what only closing or torn reads show. */
  readonly caughtByModel: boolean;
  readonly capabilities?: StoreCapabilities;
  readonly Store?: ReferenceStoreClass;
  readonly restart?: Restart;
}
