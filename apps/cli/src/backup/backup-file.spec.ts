import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CommandError } from '../command-error.js';
import { BackupFile } from './backup-file.js';

describe('BackupFile', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kvasir-backup-file-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('of two at once under one name keeps the one that is whole first, and leaves nothing of the other', async () => {
    const path = join(directory, 'backup.ndjson');
    const [first, second] = [await BackupFile.create(path), await BackupFile.create(path)];
    await first.write(Buffer.from('first'));
    await second.write(Buffer.from('second, which is longer'));
    await first.finish();
    const refusal = await second.finish().catch((error: unknown) => error);
    await second.abandon();
    expect(refusal).toEqual(new CommandError(`${path} is there already; no backup is overwritten`));
    expect(await readFile(path, 'utf8')).toBe('first');
    expect(await readdir(directory)).toEqual(['backup.ndjson']);
  });
});
