import { ratios, spread } from '../lib/statistics.mjs';

const ROUNDS = 21;
const ROUND_MS = 60;
const BATCH = 200;
const MAX_DEPTH = 64;

export const figures = [
  {
    id: 'spaced',
    text: 'reading a PUT body with white space between the tokens of its value beside the usual one: time',
    unit: 'times',
    better: 'less',
  },
  { id: 'escaped', text: 'the same with escapes in its strings', unit: 'times', better: 'less' },
  { id: 'unicode', text: 'the same with text that is not ASCII', unit: 'times', better: 'less' },
  {
    id: 'parse',
    text: 'JSON.parse of the body and JSON.stringify of its value, which keeps neither numbers nor order, beside reading it as text: time',
    unit: 'times',
    better: 'less',
  },
];

const usual =
  '{"value":{"name":"Ada Lovelace","born":1815,"tags":["mathematics","engines"],"note":"the first program"},"ttl":300}';

/** The same number of bytes or nearly so, each with what takes the reader off the path of the usual body. */
const BODIES = {
  usual,
  spaced: usual.replace('"born":', '"born": ').replace('"tags":[', '"tags": ['),
  escaped: usual.replace('the first', 'the \\"first\\"'),
  unicode: usual.replace('Ada', 'Åda'),
};

/** What a body costs to read: the usual one, those that need more care, and what a parser would cost that loses values' text. */
export async function run() {
  const { readEnvelope } = await import('../../dist/libs/kv-core/src/index.js');
  const readers = Object.fromEntries(
    Object.entries(BODIES).map(([name, text]) => {
      const bytes = Buffer.from(text);
      return [name, () => readEnvelope(bytes, { maxDepth: MAX_DEPTH }, ['value', 'ttl'])];
    }),
  );
  const bytes = Buffer.from(usual);
  readers.parse = () => JSON.stringify(JSON.parse(bytes.toString('utf8')).value);

  const nanoseconds = Object.fromEntries(Object.keys(readers).map((name) => [name, []]));
  for (let round = -2; round < ROUNDS; round++) {
    for (const [name, read] of Object.entries(readers)) {
      const one = timeOf(read);
      // The first rounds are the compiler's.
      if (round >= 0) nanoseconds[name].push(one);
    }
  }
  const { usual: base, ...others } = nanoseconds;
  return {
    settings: { rounds: ROUNDS, bytes: bytes.length, usual_ns: spread(base).median },
    values: Object.fromEntries(Object.entries(others).map(([name, series]) => [name, spread(ratios(series, base))])),
  };
}

/** Nanoseconds of processor time that one call takes, of a round's average: what else the machine does is left out. */
function timeOf(read) {
  const end = performance.now() + ROUND_MS;
  const before = process.cpuUsage();
  let calls = 0;
  do {
    for (let i = 0; i < BATCH; i++) read();
    calls += BATCH;
  } while (performance.now() < end);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / calls;
}
