/**
 * `npm run bench`: the figures that Kvasir is judged by. bench/README.md says what each bench measures and how to read it.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BENCHES, load } from './benches/index.mjs';
import { BASELINE, GATEWAY_MAIN, KV_SERVICE_MAIN, RESULTS } from './lib/paths.mjs';

const USAGE = `npm run bench -- [names] [flags], after npm run build

Without names: the benches of the table, about 18 minutes.

  --list           the names
  --quick          two minutes: our own ratios beside the recorded ones; exit status 1 below 0.8 of one
  --quick --record records them in bench/baseline.json
  --docs           no measuring: draws docs/charts and fills the tables of docs/performance.md from bench/results
  --rounds N, --seconds N
                   rounds of a contest, and seconds of each turn: a trial, whose results are not written
  --out DIR        where results are written to, and read from with --docs
`;

/** Of a turn. Medians of so many rounds of so many seconds. */
const FULL = { rounds: 5, seconds: 3, warmUpSeconds: 2 };
/** Short turns, more of them: other work on the machine meets all contestants. */
const QUICK = { rounds: 3, seconds: 1, warmUpSeconds: 1 };

const { values: flags, positionals: names } = readArguments();

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        list: { type: 'boolean' },
        help: { type: 'boolean' },
        quick: { type: 'boolean' },
        record: { type: 'boolean' },
        docs: { type: 'boolean' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        out: { type: 'string' },
      },
    });
  } catch (error) {
    fail(error.message);
  }
}

function fail(message) {
  process.stderr.write(`${message}\n\n${USAGE}`);
  process.exit(2);
}

function wholeNumber(flag, text) {
  if (!/^[1-9]\d{0,2}$/.test(text)) fail(`--${flag} must be a whole number from 1 to 999, not '${text}'`);
  return Number(text);
}

function chosen() {
  const unknown = names.filter((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown.length > 0) fail(`there is no bench '${unknown[0]}'; --list names them`);
  if (names.length > 0) return BENCHES.filter(({ name, quick }) => names.includes(name) && (quick || !flags.quick));
  return BENCHES.filter(({ table, quick }) => (flags.quick ? quick : table));
}

if (flags.help) {
  process.stdout.write(USAGE);
} else if (flags.list) {
  for (const { name, title, table } of BENCHES)
    process.stdout.write(`${name.padEnd(18)}${table ? 'table  ' : '       '}${title}\n`);
} else if (flags.docs) {
  const { writeDocs } = await import('./lib/docs.mjs');
  await writeDocs(flags.out ?? RESULTS);
} else {
  await main();
}

async function main() {
  const benches = chosen();
  if (!existsSync(KV_SERVICE_MAIN) || !existsSync(GATEWAY_MAIN)) fail('nothing is built yet: npm run build');
  if (flags.quick && !flags.record && !existsSync(BASELINE)) {
    fail('nothing is recorded to compare with: npm run bench -- --quick --record');
  }
  const own = {};
  for (const flag of ['rounds', 'seconds']) {
    if (flags[flag] !== undefined) own[flag] = wholeNumber(flag, flags[flag]);
  }
  const optionsOf = ({ turns }) => ({
    ...(flags.quick ? QUICK : { ...FULL, ...turns }),
    ...own,
    quick: flags.quick ?? false,
  });
  const { syncsAreFree } = await import('./lib/machine.mjs');
  if (syncsAreFree())
    process.stderr.write(
      'Temporary files are in memory here: set TMPDIR to a folder on a disk, or durable figures say nothing.\n',
    );

  const results = [];
  let failed = false;
  for (const bench of benches) {
    try {
      results.push(await measure(bench, optionsOf(bench)));
    } catch (error) {
      // The others are measured all the same.
      process.stderr.write(`\n${bench.name} failed: ${error.stack}\n`);
      failed = true;
    }
  }
  const status = flags.quick ? await judgeQuick(results, optionsOf) : await judge(results);
  process.exitCode = failed ? 1 : status;
}

/** Runs one bench; gives its result. */
async function measure(bench, options) {
  const { withFolder } = await import('./lib/folders.mjs');
  const { resultOf, writeResult } = await import('./lib/results.mjs');
  const { printed } = await import('./lib/report.mjs');
  const { figures, run } = await load(bench.name);
  const begin = performance.now();
  const onRound = (round) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${bench.name}: round ${round + 1} `);
  };
  const measured = await withFolder((folder) => run({ ...options, folder, onRound }));
  if (process.stderr.isTTY) process.stderr.write('\r');
  const command = ['npm run bench --', bench.name].join(' ');
  const result = resultOf(bench, figures, measured, { command, tookSeconds: (performance.now() - begin) / 1000 });
  process.stdout.write(`${printed(result)}\n`);
  const trial = flags.quick || flags.rounds !== undefined || flags.seconds !== undefined;
  if (!trial || flags.out !== undefined) await writeResult(flags.out ?? RESULTS, result);
  return result;
}

/** Sums up a full run; gives the exit status: 1 when something missed its bound. */
async function judge(results) {
  const { figureRows, inColumns } = await import('./lib/report.mjs');
  const { verdictOf } = await import('./lib/verdict.mjs');
  const promised = results.flatMap(({ figures }) => figures).filter(({ bound }) => bound !== undefined);
  if (promised.length > 0) process.stdout.write(`\nWhat is promised\n\n${inColumns(figureRows(promised))}\n`);
  return promised.some((figure) => verdictOf(figure, figure.median) === 'missed') ? 1 : 0;
}

/** Records a quick run, or compares it with the recorded one; gives the exit status. */
async function judgeQuick(results, optionsOf) {
  const { compare, record, recorded } = await import('./lib/baseline.mjs');
  if (flags.record) {
    if (results.length < BENCHES.filter(({ quick }) => quick).length)
      fail('only a whole run that did not fail is recorded');
    await record(results);
    process.stdout.write('\nRecorded in bench/baseline.json.\n');
    return 0;
  }
  const { inColumns } = await import('./lib/report.mjs');
  const ratios = await recorded();
  let rows = compare(results, ratios);
  if (rows.length === 0) fail('none of what was measured is in bench/baseline.json');
  // What fell is measured once more before it counts: a machine does other things, too.
  const again = new Set(rows.filter(({ fell }) => fell).map(({ id }) => id.split('/')[0]));
  for (const name of again) {
    const bench = BENCHES.find((each) => each.name === name);
    const second = compare([await measure(bench, optionsOf(bench))], ratios);
    rows = rows.map((row) => {
      const other = second.find(({ id }) => id === row.id);
      return row.fell && other ? other : row;
    });
  }
  const cells = rows.map(({ text, now, was, fell }) => [
    text,
    now.toFixed(2),
    was.toFixed(2),
    fell ? 'fell back' : 'ok',
  ]);
  process.stdout.write(
    `\nBeside the recorded ratios (bench/baseline.json)\n\n${inColumns([['what', 'now', 'recorded', ''], ...cells])}\n`,
  );
  return rows.some(({ fell }) => fell) ? 1 : 0;
}
