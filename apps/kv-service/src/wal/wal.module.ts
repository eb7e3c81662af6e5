import { Module } from '@nestjs/common';
import { WalLifecycle } from './wal-lifecycle.js';

/** The write-ahead log's place in the service: what is said of it, and what happens when it fails. */
@Module({ providers: [WalLifecycle], exports: [WalLifecycle] })
export class WalModule {}
