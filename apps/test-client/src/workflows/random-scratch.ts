import { randomUUID } from 'node:crypto';
import type { Scratch } from './workflow.js';

/**
 * Random keys and values: 122 random bits in each keep runs apart, in this process and in any other one at the same service.
 *
 * @param name at the beginning of every key, so that an operator can tell where a left one comes from
 */
export function randomScratch(name: string): Scratch {
  return {
    key: () => `test-client-${name}-${randomUUID()}`,
    valueText: () =>
      JSON.stringify({
        id: randomUUID(),
        text: 'Grüße, 世界 🦊 "quoted" \\ \n',
        whole: Math.floor(Math.random() * 2 ** 32),
        fraction: 0.1,
        yes: true,
        nothing: null,
        list: [1, 'two', { three: 3 }, []],
      }),
  };
}
