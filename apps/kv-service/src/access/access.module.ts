import { Module, type DynamicModule } from '@nestjs/common';
import type { KvStore } from '@kvasir/kv-core';
import { STORE } from '../store/store.token.js';
import { Access, KeyedAccess, OpenAccess } from './access.js';
import type { ApiKeys } from './api-keys.js';

/** Gives whoever serves requests the store of each caller. Global: every wire API needs it. */
@Module({})
export class AccessModule {
  /** @param keys undefined: the service has none, and is open */
  static with(keys: ApiKeys | undefined): DynamicModule {
    const accessProvider = {
      provide: Access,
      inject: [STORE],
      useFactory: (store: KvStore): Access => (keys === undefined ? new OpenAccess(store) : new KeyedAccess(store)),
    };
    return { module: AccessModule, global: true, providers: [accessProvider], exports: [Access] };
  }
}
