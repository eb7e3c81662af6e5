import { Module } from '@nestjs/common';
import { StoreV1Controller } from './store-v1.controller.js';

/** `/api/v1/store`. */
@Module({ controllers: [StoreV1Controller] })
export class StoreV1Module {}
