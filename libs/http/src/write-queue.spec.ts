import { beforeEach, describe, expect, test } from '@jest/globals';
import { WriteQueue } from './write-queue.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a write queue', () => {
  let written: string[];
  let queue: WriteQueue<string>;

  beforeEach(() => {
    written = [];
    queue = new WriteQueue((answer) => written.push(answer));
  });

  test('writes nothing within the turn, not even once promises have settled', async () => {
    queue.add('a');
    await Promise.resolve();
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(written).toEqual([]);
    await nextTurn();
    expect(written).toEqual(['a']);
  });

  test('writes all answers of a turn at its end, in order', async () => {
    queue.add('a');
    queue.add('b');
    await Promise.resolve();
    queue.add('c');
    await nextTurn();
    expect(written).toEqual(['a', 'b', 'c']);
  });

  test('goes on turn after turn', async () => {
    for (const answer of ['a', 'b', 'c']) {
      queue.add(answer);
      await nextTurn();
    }
    expect(written).toEqual(['a', 'b', 'c']);
  });

  test('writes at once when 64 are held, and starts anew', async () => {
    for (let i = 0; i < 63; i++) queue.add(`${i}`);
    expect(written).toHaveLength(0);
    queue.add('63');
    expect(written).toHaveLength(64);
    queue.add('64');
    expect(written).toHaveLength(64);
    await nextTurn();
    expect(written).toEqual(Array.from({ length: 65 }, (_, i) => `${i}`));
  });

  test('flush writes what is held now, once', async () => {
    queue.add('a');
    queue.flush();
    expect(written).toEqual(['a']);
    queue.flush();
    queue.add('b');
    await nextTurn();
    expect(written).toEqual(['a', 'b']);
  });

  test('an answer that a write brings with it comes after those that are held, in a turn of its own', async () => {
    queue = new WriteQueue((answer) => {
      written.push(answer);
      if (answer === 'a') queue.add('from a');
    });
    queue.add('a');
    queue.add('b');
    await nextTurn();
    expect(written).toEqual(['a', 'b']);
    await nextTurn();
    expect(written).toEqual(['a', 'b', 'from a']);
  });
});
