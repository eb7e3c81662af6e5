import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { KvStore } from '@kvasir/kv-core';
import { WalModule } from '../wal/wal.module.js';
import { storeProvider } from './store-provider.js';
import { STORE } from './store.token.js';

/** Opens the store at start, and closes it when the last request has been answered. Global: every API and job works on the one store. */
@Global()
@Module({ imports: [WalModule], providers: [storeProvider], exports: [storeProvider] })
export class StoreModule implements OnApplicationShutdown {
  constructor(@Inject(STORE) private readonly store: KvStore) {}

  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}
