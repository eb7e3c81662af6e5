/** The contestants of eight benches within six minutes. */
const GUARDED = { rounds: 4, seconds: 2, warmUpSeconds: 1 };

/**
 * Every bench: its module exports `figures`, what it measures, and `run`, which measures it.
 *
 * A figure has `id`, `text`, `unit`, `better` (`more`, or `less`), and where something is promised `bound` (what it must reach) and `aim`. `run` gets
 * `folder` (a temporary one), `rounds`, `seconds` and `warmUpSeconds` (of one contestant's turn), `quick` and `onRound`, and gives `values` (by the figure's id
 * `median`, `min` and `max`), `settings`, and for contests `series`.
 *
 * `table`: it belongs to the table that `npm run bench` runs. `quick`: it belongs to `npm run bench -- --quick`, where its ratios are compared with the recorded ones.
 * `turns`: how many rounds it has, and how long its turns are, where they are not those of all.
 */
export const BENCHES = [
  { name: 'get', title: 'Reads over HTTP', table: true, quick: true },
  { name: 'put', title: 'Writes over HTTP', table: true, quick: true },
  { name: 'other-apis', title: 'Reads through the other APIs', table: true, quick: true },
  { name: 'guarded', title: 'With API keys, limits and metrics', table: true, quick: false, turns: GUARDED },
  { name: 'batch', title: 'Batches', table: true, quick: true },
  { name: 'grpc', title: 'Reads over gRPC', table: true, quick: true },
  { name: 'gateway', title: 'Reads through the gateway', table: true, quick: true },
  { name: 'store-size', title: 'Cost against the size of the store', table: true, quick: true },
  { name: 'listing-pause', title: 'What a long listing does to others', table: true, quick: false },
  { name: 'backup-pause', title: 'What a backup or a restore does to others', table: false, quick: false },
  { name: 'metrics', title: 'What metrics and API keys cost', table: false, quick: false },
  { name: 'tracing', title: 'What traces cost', table: false, quick: false },
  { name: 'replay', title: 'Replay of the log', table: false, quick: false },
  { name: 'memory-per-entry', title: 'Memory', table: false, quick: false },
  { name: 'memory-limit', title: 'A store filled to its limit', table: false, quick: false },
  { name: 'durable-writes', title: 'What the sync costs', table: false, quick: false },
  { name: 'compaction', title: 'Compaction', table: false, quick: false },
  { name: 'many-keys', title: 'More keys than a Map holds', table: false, quick: false },
  { name: 'postgres', title: 'The shared engine', table: false, quick: false },
  { name: 'json-fast-path', title: 'Reading a body', table: false, quick: false },
];

/** The module of a bench. */
export const load = (name) => import(`./${name}.mjs`);
