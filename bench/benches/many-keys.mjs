import { inChild } from '../lib/processes.mjs';
import { spread } from '../lib/statistics.mjs';

const KEYS = 17_000_000;

export const figures = [
  {
    id: 'bytes',
    text: '17,000,000 keys in one store, of which a Map holds 16,777,216: an entry',
    unit: 'bytes',
    better: 'less',
  },
  { id: 'seconds', text: 'how long it took to fill it', unit: 's', better: 'less' },
];

/** More keys than a `Map` holds (2^24): not a matter of speed, and 3 to 4 GB of memory. */
export async function run() {
  const begin = performance.now();
  const module = new URL('memory-per-entry.mjs', import.meta.url).href;
  const bytes = await inChild(module, 'fill', [KEYS, null, 1], ['--expose-gc', '--max-old-space-size=4500']);
  const seconds = (performance.now() - begin) / 1000;
  return { settings: { keys: KEYS }, values: { bytes: spread([bytes]), seconds: spread([seconds]) } };
}
