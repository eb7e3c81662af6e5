import { ratios, spread } from './statistics.mjs';
import { cpuMicros } from './processes.mjs';

/**
 * Loads contestants in turn, round by round, so that what else the machine does meets all of them alike.
 *
 * @param contestants each with `name`, `label`, `pids` whose processor time counts, and `load(seconds)`
 * @param onRound called before each round
 * @returns by name: `label`, `rates` (requests a second), `cpu` (microseconds of processor time a request), `p50Ms`, `p99Ms`, a number a round each
 */
export async function race(contestants, { rounds, seconds, warmUpSeconds }, onRound = () => {}) {
  const results = Object.fromEntries(
    contestants.map(({ name, label }) => [name, { label, rates: [], cpu: [], p50Ms: [], p99Ms: [] }]),
  );
  // The first seconds of a process are its compiler's.
  for (const { load } of contestants) await load(warmUpSeconds);
  for (let round = 0; round < rounds; round++) {
    onRound(round);
    const turn = round % contestants.length;
    for (const { name, pids, load } of [...contestants.slice(turn), ...contestants.slice(0, turn)]) {
      const before = cpuMicros(pids);
      const measured = await load(seconds);
      const used = cpuMicros(pids) - before;
      const result = results[name];
      result.rates.push(measured.requests / measured.seconds);
      result.cpu.push(used / (measured.allRequests ?? measured.requests));
      result.p50Ms.push(measured.p50Ms);
      result.p99Ms.push(measured.p99Ms);
    }
  }
  return results;
}

/** What results hold of a race. */
export function seriesOf(results) {
  return Object.entries(results).map(([name, { label, rates, cpu, p50Ms, p99Ms }]) => ({
    name,
    label,
    requests_per_second: spread(rates),
    cpu_us_per_request: spread(cpu),
    // What the server used, not only what it might have: less than one means that something else was slower, its disk or the load.
    cores: spread(rates.map((rate, round) => (rate * cpu[round]) / 1e6)),
    p50_ms: spread(p50Ms),
    p99_ms: spread(p99Ms),
  }));
}

/** How many times the requests a second of another one, round by round. */
export function rateRatios(results, name, other) {
  return ratios(results[name].rates, results[other].rates);
}
