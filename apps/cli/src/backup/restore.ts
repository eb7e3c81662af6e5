import { BackupReader } from '@kvasir/backup';
import { livingOf, type LoadMode } from '@kvasir/kv-core';
import { withStore } from '../copy/open-store.js';
import { readPlace } from '../copy/place.js';
import { withEntryProgress } from '../progress.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { say, type Terminal } from '../terminal.js';
import { count } from '../wal/verdict.js';
import { backupBytes } from './backup-file.js';
import { ServiceBackups, type ImportAnswer } from './service.js';

/** What `kvasir restore` is told. */
export interface RestoreOptions {
  readonly from: string;
  readonly to: string;
  readonly mode: LoadMode;
  readonly dryRun?: boolean;
  readonly schema: string;
  readonly databaseUrl?: string;
  readonly adminKey?: string;
}

/** `kvasir restore`: puts the entries of a backup into a store, once all of the file has been read and checked. */
export async function restore(terminal: Terminal, options: RestoreOptions): Promise<ExitStatus> {
  const { from, mode } = options;
  const place = readPlace('--to', options.to, options.databaseUrl);
  const { entries, expired, revision } = await check(terminal, from);
  if (options.dryRun === true) {
    say(
      terminal,
      `${from} is whole: ${count(entries, 'entry', 'entries')} of revision ${revision}${leftOut(expired, 'have expired')}. Nothing was changed.`,
    );
    return EXIT.ok;
  }
  const result = await withEntryProgress(terminal, 'Restoring', async (update): Promise<ImportAnswer> => {
    const total = entries + expired;
    if (place.kind === 'service') {
      const service = new ServiceBackups(place.url, options.adminKey);
      return await service.import(backupBytes(from), mode);
    }
    return await withStore(terminal, place, 'target', options.schema, async ({ store }) => {
      const { header, reader } = await BackupReader.open(backupBytes(from));
      return await store.load(watched(reader, total, update), { mode, revision: header.revision });
    });
  });
  say(
    terminal,
    `${count(result.entries, 'entry', 'entries')} restored (${mode}); the store's revision is ${result.revision}${leftOut(result.expired, 'had expired')}.`,
  );
  return EXIT.ok;
}

function leftOut(expired: number, what: string): string {
  return expired === 0 ? '' : `; ${expired} more ${what}`;
}

async function check(
  terminal: Terminal,
  path: string,
): Promise<{ entries: number; expired: number; revision: number }> {
  const { header, reader } = await BackupReader.open(backupBytes(path));
  let living = 0;
  await withEntryProgress(terminal, 'Checking', async (update) => {
    for await (const batch of reader.batches()) {
      living += livingOf(batch, Date.now()).length;
      update(reader.entries, header.keys);
    }
  });
  return { entries: living, expired: reader.entries - living, revision: header.revision };
}

async function* watched(reader: BackupReader, total: number, update: (done: number, total: number) => void) {
  for await (const batch of reader.batches()) {
    update(reader.entries, total);
    yield batch;
  }
}
