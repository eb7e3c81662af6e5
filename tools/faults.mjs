/**
 * `npm run faults`: the long form of the fault tests in `faults/`. `npm test` runs their short form.
 *
 *   npm run faults                                    all of them
 *   npm run faults -- power-cut kill                  some
 *   npm run faults -- kill --seed 42 --rounds 100     one again, from a seed that it printed
 *
 * The exit status is 1 when any of them fails.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SUFFIX = '.e2e-spec.ts';

const known = readdirSync(new URL('../faults/', import.meta.url))
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length));

function fail(message) {
  console.error(message);
  process.exit(1);
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { seed: { type: 'string' }, rounds: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    return fail(`${error.message}\nUsage: npm run faults -- [NAME …] [--seed N] [--rounds N]`);
  }
}

const { values, positionals } = parse();
if (values.help) {
  console.log(`Usage: npm run faults -- [NAME …] [--seed N] [--rounds N]\nNames: ${known.join(', ')}; none means all.`);
  process.exit(0);
}
for (const name of positionals) {
  if (!known.includes(name)) fail(`There is no fault test "${name}"; there are ${known.join(', ')}.`);
}
for (const option of ['seed', 'rounds']) {
  const text = values[option];
  if (text !== undefined && !(/^\d{1,10}$/.test(text) && (option === 'seed' || Number(text) > 0))) {
    fail(`--${option} is "${text}": allowed is a whole number${option === 'rounds' ? ' from 1 on' : ''}.`);
  }
}
if (!existsSync(new URL('../dist/apps/kv-service/src/main.js', import.meta.url))) {
  fail('kv-service is not built yet: run `make build` (or `npm run build`) first.');
}

const files = (positionals.length > 0 ? positionals : known).map((name) => `faults/${name}${SUFFIX}`);
const jest = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    '--runTestsByPath',
    ...files,
  ],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      FAULTS_FULL: '1',
      ...(values.seed && { FAULTS_SEED: values.seed }),
      ...(values.rounds && { FAULTS_ROUNDS: values.rounds }),
    },
  },
);
jest.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
