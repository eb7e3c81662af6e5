#!/usr/bin/env node
import 'reflect-metadata';
import { runService } from '@kvasir/service';
import { readConfig } from './config/config.js';
import { PROGRAM } from './config/settings.js';
import { startService } from './start.js';

await runService({ program: PROGRAM, readConfig, start: startService });
