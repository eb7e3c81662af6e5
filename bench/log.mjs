/**
 * Figures of the log and of the engine over it: `npm run bench:log -- <name>`, after `npm run build`. Each compares within one run; absolute figures are the machine's.
 */
import { machine } from './log/support.mjs';

const BENCHES = ['replay', 'memory-per-entry', 'durable-writes', 'compaction', 'many-keys'];

const [name = ''] = process.argv.slice(2);
if (BENCHES.includes(name)) {
  console.log(`${name}: ${machine()}, ${new Date().toISOString().slice(0, 10)}`);
  const { run } = await import(`./log/${name}.mjs`);
  await run();
} else {
  console.error(`Usage: npm run bench:log -- <name>, where <name> is one of ${BENCHES.join(', ')}`);
  process.exitCode = 1;
}
