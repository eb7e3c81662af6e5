/**
 * `npm run check`: everything that is checked without running the code, two checks at a time, and all their complaints
 * at once. The exit status is 1 when any of them fails.
 */
import { spawn } from 'node:child_process';

/** npm scripts of package.json, the slowest first. */
const CHECKS = ['typecheck', 'lint', 'format:check', 'deps', 'deadcode'];
const AT_ONCE = 2;

/** Runs one npm script and collects what it prints. */
function run(script) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn('npm', ['run', '--silent', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      resolve({ ok: status === 0, seconds, output: Buffer.concat(output).toString() });
    });
  });
}

const waiting = [...CHECKS];
let failures = 0;

async function work() {
  for (let script = waiting.shift(); script !== undefined; script = waiting.shift()) {
    const { ok, seconds, output } = await run(script);
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${script} (${seconds} s)`);
    if (!ok) {
      failures++;
      console.log(output.trimEnd());
    }
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, work));
if (failures > 0) {
  console.log(`${failures} of ${CHECKS.length} checks failed; each runs alone as \`npm run <name>\`.`);
  process.exitCode = 1;
}
