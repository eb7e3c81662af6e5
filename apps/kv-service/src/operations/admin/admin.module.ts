import { Module, type DynamicModule } from '@nestjs/common';
import { AdminController } from './admin.controller.js';
import { AdminKey } from './admin-key.js';

/** `/admin`: there only where an ADMIN_KEY is set. */
@Module({})
export class AdminModule {
  /** @param key ADMIN_KEY */
  static with(key: string): DynamicModule {
    return {
      module: AdminModule,
      controllers: [AdminController],
      providers: [{ provide: AdminKey, useValue: new AdminKey(key) }],
    };
  }
}
