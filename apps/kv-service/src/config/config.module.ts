import { Module, type DynamicModule } from '@nestjs/common';
import { REQUEST_LIMITS } from '../http/request-limits.js';
import { KV_SERVICE_CONFIG } from './config.token.js';
import type { KvServiceConfig } from './config.js';

/** Hands the configuration, read before Nest starts, to whoever injects it; to the wire APIs only the part that is theirs. */
@Module({})
export class ConfigModule {
  static with(config: KvServiceConfig): DynamicModule {
    const providers = [
      { provide: KV_SERVICE_CONFIG, useValue: config },
      { provide: REQUEST_LIMITS, useValue: config.limits },
    ];
    return { module: ConfigModule, global: true, providers, exports: providers };
  }
}
