#!/usr/bin/env node
import { packageVersion } from '@kvasir/config';
import { createProgram } from './program.js';
import { processTerminal } from './terminal.js';

// Whoever reads the output may have seen enough, such as `head`: the work goes on without them, and so does the exit status.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await createProgram(processTerminal(), packageVersion(import.meta.url)).run(process.argv.slice(2));
