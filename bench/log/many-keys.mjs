import { inChild } from './support.mjs';

const KEYS = 17_000_000;

/** More keys than a `Map` holds (2^24, 16.7 million): not a matter of speed, and 3 to 4 GB of memory. */
export async function run() {
  const begin = performance.now();
  const module = new URL('memory-per-entry.mjs', import.meta.url).href;
  const { bytes, keys } = await inChild(module, 'fill', [KEYS, null, 1], ['--expose-gc', '--max-old-space-size=4500']);
  const seconds = (performance.now() - begin) / 1000;
  console.log(
    `${keys} keys in one store, ${bytes.toFixed(0)} bytes an entry, in ${seconds.toFixed(0)} s (a Map ends at ${2 ** 24})`,
  );
}
