import { Module } from '@nestjs/common';
import { KeysController } from './keys.controller.js';

/** `/keys`. */
@Module({ controllers: [KeysController] })
export class KeysModule {}
