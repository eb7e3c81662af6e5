import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import { throughput } from '../charts/throughput.mjs';
import { latency } from '../charts/latency.mjs';
import { storeSize } from '../charts/store-size.mjs';
import { CHARTS } from './paths.mjs';
import { readResult } from './results.mjs';

/** Each chart: its file, what it shows in words, the results it needs, and the vega-lite specification made of them. */
const ALL = [
  {
    file: 'throughput.svg',
    words: 'Requests a second beside other services, for reads and writes',
    needs: ['get', 'put'],
    spec: throughput,
  },
  {
    file: 'latency.svg',
    words: 'Latency at full load: 50th and 99th percentile',
    needs: ['get', 'put'],
    spec: latency,
  },
  {
    file: 'store-size.svg',
    words: 'Processor time of a request against the number of keys',
    needs: ['store-size'],
    spec: storeSize,
  },
];

/** Draws the charts whose results are there; gives the file and the words of each. */
export async function drawCharts(folder, into = CHARTS) {
  await mkdir(into, { recursive: true });
  const drawn = [];
  for (const { file, words, needs, spec } of ALL) {
    const results = await Promise.all(needs.map((name) => readResult(folder, name)));
    if (results.includes(undefined)) continue;
    const view = new View(parse(compile(spec(...results)).spec), { renderer: 'none' });
    await writeFile(join(into, file), `${await view.toSVG()}\n`);
    view.finalize();
    drawn.push({ file, words });
  }
  return drawn;
}
