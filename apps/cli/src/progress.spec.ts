import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { FakeTerminal } from './testing/fake-terminal.js';
import { withEntryProgress, withProgress } from './progress.js';

const MIB = 1024 * 1024;

async function shown(terminal: FakeTerminal, total: number): Promise<string> {
  const result = await withProgress(terminal, 'Checking', async (update) => {
    for (let done = MIB; done <= total; done += 32 * MIB) update(done, total);
    return 'the result';
  });
  expect(result).toBe('the result');
  await setImmediate();
  return terminal.messageText;
}

describe('progress on a log', () => {
  it('is a bar on a terminal when the log is long', async () => {
    const text = await shown(new FakeTerminal(true), 200 * MIB);
    expect(text).toContain('Checking ');
    expect(text).toContain(' of 200 MiB');
  });

  it.each([
    ['a short log', true, 10 * MIB],
    ['no terminal', false, 200 * MIB],
  ])('is nothing with %s', async (_, isTTY, total) => {
    expect(await shown(new FakeTerminal(isTTY), total)).toBe('');
  });

  it('is taken away when the work fails, and the error comes through', async () => {
    const terminal = new FakeTerminal(true);
    const work = withProgress(terminal, 'Checking', (update) => {
      update(MIB, 200 * MIB);
      return Promise.reject(new Error('a bad disk'));
    });
    await expect(work).rejects.toThrow('a bad disk');
  });

  it('counts entries where that is what is done, however few', async () => {
    const terminal = new FakeTerminal(true);
    await withEntryProgress(terminal, 'Copying', async (update) => update(3, 12));
    await setImmediate();
    expect(terminal.messageText).toContain(' of 12 entries');
  });
});
