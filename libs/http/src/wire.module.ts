import { Module } from '@nestjs/common';
import { APP_FILTER, DiscoveryModule } from '@nestjs/core';
import { WireExceptionFilter } from './wire-exception-filter.js';
import { WireExplorer } from './wire-explorer.js';

/** Puts the wire controllers of an application into its KvasirHttpAdapter's router. Imported once, by the app module. */
@Module({
  imports: [DiscoveryModule],
  providers: [WireExplorer, { provide: APP_FILTER, useClass: WireExceptionFilter }],
})
export class WireModule {}
