import type { Caller } from '@kvasir/http';
import { NO_RIGHTS, Principal, requireVerb, restrictStore, type KvStore } from '@kvasir/kv-core';

/** What callers may do. Everything that a wire API does with data it does with the store that is its caller's. */
export abstract class Access {
  /** The store as a caller has it. */
  abstract storeFor(caller: Caller): KvStore;

  /**
   * For what concerns no key.
   *
   * @throws ForbiddenError when the caller's API key does not have the verb
   */
  abstract require(caller: Caller, verb: 'monitor' | 'admin'): void;
}

/** For a service without API keys: whoever reaches it may do everything with its data. */
export class OpenAccess extends Access {
  constructor(private readonly store: KvStore) {
    super();
  }

  storeFor(): KvStore {
    return this.store;
  }

  require(): void {}
}

/** For a service with API keys: each caller may do what its key's rights say, and a caller without a key nothing. */
export class KeyedAccess extends Access {
  private readonly stores = new WeakMap<Caller, KvStore>();

  constructor(private readonly store: KvStore) {
    super();
  }

  storeFor(caller: Caller): KvStore {
    let store = this.stores.get(caller);
    if (store === undefined) {
      store = restrictStore(this.store, rightsOf(caller));
      this.stores.set(caller, store);
    }
    return store;
  }

  require(caller: Caller, verb: 'monitor' | 'admin'): void {
    requireVerb(rightsOf(caller), verb);
  }
}

function rightsOf(caller: Caller) {
  return caller instanceof Principal ? caller.rights : NO_RIGHTS;
}
