#!/usr/bin/env node
import 'reflect-metadata';
import { createLogger, stopOnSignal } from '@kvasir/service';
import { readConfig, type GatewayConfig } from './config/config.js';
import { PROGRAM } from './config/settings.js';
import { startService } from './start.js';

async function run(config: GatewayConfig): Promise<void> {
  const logger = createLogger(config.log.level);
  try {
    const app = await startService(config, logger, PROGRAM.version());
    stopOnSignal(app, { name: PROGRAM.name, logger, timeoutMs: config.shutdown.timeoutMs });
  } catch (error) {
    logger.fatal({ err: error }, `api-gateway cannot start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}

const result = readConfig(process.env, process.argv.slice(2));
if (result.kind === 'settings') {
  await run(result.settings);
} else if (result.kind === 'invalid') {
  process.stderr.write(result.text);
  process.exitCode = 1;
} else {
  process.stdout.write(result.text);
}
