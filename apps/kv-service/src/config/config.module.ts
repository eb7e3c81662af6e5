import { Module, type DynamicModule } from '@nestjs/common';
import { REQUEST_LIMITS } from '@kvasir/http';
import { RECORDS_OPTIONS } from '../apis/records/records-options.js';
import { KV_SERVICE_CONFIG } from './config.token.js';
import type { KvServiceConfig } from './config.js';

/** Hands the configuration, read before Nest starts, to whoever injects it; to the wire APIs only the part that is theirs. */
@Module({})
export class ConfigModule {
  static with(config: KvServiceConfig): DynamicModule {
    const providers = [
      { provide: KV_SERVICE_CONFIG, useValue: config },
      { provide: REQUEST_LIMITS, useValue: config.limits },
      { provide: RECORDS_OPTIONS, useValue: config.records },
    ];
    return { module: ConfigModule, global: true, providers, exports: providers };
  }
}
