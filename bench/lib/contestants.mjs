import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { howToInstall, PEER_SERVICES } from '../peers/peers.mjs';
import { startKvService } from '../peers/kv-service.mjs';
import { OPEN } from './guard.mjs';
import { API } from './requests.mjs';

/** kv-service as a contestant. */
const kvasir = (guard) => ({
  name: 'kvasir',
  label: 'Kvasir, each write synced',
  api: guard.api(API.kv),
  versions: () => ({}),
  start: (folder) => startKvService({ DATA_DIR: folder, ...guard.env }),
});

/** kv-service as it comes, beside one that is guarded. */
const open = { ...kvasir(OPEN), name: 'open', label: 'Kvasir without API keys and limit, each write synced' };

const SERVICES = { ...PEER_SERVICES, open };

/**
 * Runs work with started services, which it ends afterwards.
 *
 * @param names of peers, besides kv-service; `open` is a second one, as it comes
 * @param guard how kv-service is set up
 * @returns what the work gave, with `versions` of the peers and `missing` of those that are not installed
 */
export async function withContestants(folder, names, work, guard = OPEN) {
  const contestants = [];
  const versions = {};
  const missing = [];
  try {
    for (const service of [kvasir(guard), ...names.map((name) => SERVICES[name])]) {
      const found = service.versions();
      if (found === undefined) {
        missing.push({ label: service.label, how: howToInstall(service) });
        continue;
      }
      Object.assign(versions, found);
      const own = join(folder, service.name);
      await mkdir(own);
      const started = await service.start(own);
      contestants.push({ name: service.name, label: service.label, api: service.api, ...started });
    }
    return { versions, missing, ...(await work(contestants)) };
  } finally {
    for (const { stop } of contestants) await stop();
  }
}

/** Numbers 0 to n - 1 through a function. */
export const times = (n, of) => Array.from({ length: n }, (_, i) => of(i));
