import { join } from 'node:path';
import { keysFile, withKey } from '../lib/api-key.mjs';
import { times } from '../lib/contestants.mjs';
import { httpLoad, sendAll } from '../lib/http-load.mjs';
import { race, seriesOf } from '../lib/race.mjs';
import { API } from '../lib/requests.mjs';
import { ratios, spread } from '../lib/statistics.mjs';
import { startKvService } from '../peers/kv-service.mjs';

const CONNECTIONS = 64;
const KEYS = 10_000;

export const figures = [
  {
    id: 'metrics',
    text: 'processor time a GET with metrics beside without',
    unit: 'times',
    better: 'less',
    bound: 1.03,
  },
  { id: 'keys', text: 'processor time a GET with API keys beside without', unit: 'times', better: 'less' },
];

/** What metrics and API keys cost a read: kv-services that differ in this alone. */
export async function run({ folder, ...options }) {
  const keyed = { ...API_KEYS_REQUESTS, env: { API_KEYS_FILE: await keysFile(folder) } };
  const variants = (await hasMetricsSwitch())
    ? [
        { name: 'off', label: 'Kvasir without either', ...OPEN_REQUESTS, env: { METRICS: 'off' } },
        { name: 'metrics', label: 'with metrics', ...OPEN_REQUESTS, env: { METRICS: 'on' } },
        { name: 'keys', label: 'with API keys', ...keyed, env: { METRICS: 'off', ...keyed.env } },
      ]
    : [
        { name: 'off', label: 'Kvasir without API keys', ...OPEN_REQUESTS, env: {} },
        { name: 'keys', label: 'with API keys', ...keyed },
      ];
  const contestants = [];
  try {
    for (const { name, label, get, put, env } of variants) {
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
  }
}

const OPEN_REQUESTS = API.kv;
const API_KEYS_REQUESTS = { get: (i) => withKey(API.kv.get(i)), put: (i) => withKey(API.kv.put(i)) };

/** Whether the built service has a setting that turns metrics off. */
async function hasMetricsSwitch() {
  const { PROGRAM } = await import('../../dist/apps/kv-service/src/config/settings.js');
  const settings = Object.values(PROGRAM.sections).flatMap((section) => Object.values(section.settings));
  return settings.some(({ variable }) => variable === 'METRICS');
}
