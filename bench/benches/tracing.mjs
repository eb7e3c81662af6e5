import { createServer } from 'node:http';
import { join } from 'node:path';
import { times } from '../lib/contestants.mjs';
import { httpLoad, sendAll } from '../lib/http-load.mjs';
import { race, seriesOf } from '../lib/race.mjs';
import { API } from '../lib/requests.mjs';
import { ratios, spread } from '../lib/statistics.mjs';
import { startKvService } from '../peers/kv-service.mjs';

const CONNECTIONS = 64;
const KEYS = 10_000;

const figure = (id, text) => ({ id, text, unit: 'times', better: 'less' });

export const figures = [
  figure('all', 'processor time a GET, each one traced, beside without a collector'),
  figure('hundredth', 'processor time a GET, one in a hundred traced, beside without a collector'),
];

/** What traces cost a read: kv-services that differ in this alone. */
export async function run({ folder, ...options }) {
  const collector = await startCollector();
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const sampled = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' };
  const variants = [
    { name: 'off', label: 'Kvasir without a collector', env: {} },
    { name: 'all', label: 'each GET traced', env: traced },
    { name: 'hundredth', label: 'one GET in a hundred traced', env: { ...traced, ...sampled } },
  ];
  const { get, put } = API.kv;
  const contestants = [];
  try {
    for (const { name, label, env } of variants) {
      const service = await startKvService({ DATA_DIR: join(folder, name), ...env });
      contestants.push({ name, label, ...service });
      await sendAll(service.port, times(KEYS, put));
      contestants.at(-1).load = await httpLoad(folder, service.port, times(KEYS, get), CONNECTIONS);
    }
    const results = await race(contestants, options, options.onRound);
    const beside = variants.slice(1).map(({ name }) => [name, spread(ratios(results[name].cpu, results.off.cpu))]);
    return {
      settings: { connections: CONNECTIONS, keys: KEYS },
      series: seriesOf(results),
      values: Object.fromEntries(beside),
    };
  } finally {
    for (const { stop } of contestants) await stop();
    collector.close();
  }
}

/** Takes spans and forgets them. */
async function startCollector() {
  const server = createServer((req, res) => req.resume().on('end', () => res.end()));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}
