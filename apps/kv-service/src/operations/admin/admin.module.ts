import { Module, type DynamicModule } from '@nestjs/common';
import { AdminController } from './admin.controller.js';
import { AdminKey } from './admin-key.js';
import { BackupController } from './backup.controller.js';
import { LogLevelController } from './log-level.controller.js';

/** `/admin`: there only where somebody can be let in, by ADMIN_KEY or by an API key. */
@Module({})
export class AdminModule {
  /** @param key ADMIN_KEY; undefined: API keys alone let in */
  static with(key: string | undefined): DynamicModule {
    return {
      module: AdminModule,
      controllers: [AdminController, BackupController, LogLevelController],
      providers: [{ provide: AdminKey, useValue: new AdminKey(key) }],
    };
  }
}
