import { StoreStartingError, type KvStore, type StoreCapabilities } from '@kvasir/kv-core';

/** Stands for the store until it is open: refuses every call. */
export class StartingStore implements KvStore {
  /** @param state what is being done, see {@link StoreStartingError} */
  constructor(
    readonly capabilities: StoreCapabilities,
    private readonly state: () => string,
  ) {}

  readonly get = (): Promise<never> => this.refuse();
  readonly list = (): Promise<never> => this.refuse();
  readonly listKeys = (): Promise<never> => this.refuse();
  readonly commit = (): Promise<never> => this.refuse();
  readonly stats = (): Promise<never> => this.refuse();
  readonly purgeExpired = (): Promise<never> => this.refuse();
  readonly snapshot = (): Promise<never> => this.refuse();
  readonly load = (): Promise<never> => this.refuse();

  async close(): Promise<void> {}

  private refuse(): Promise<never> {
    return Promise.reject(new StoreStartingError(this.state()));
  }
}
