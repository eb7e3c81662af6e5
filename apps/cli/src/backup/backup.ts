import { BackupReader, writeBackup } from '@kvasir/backup';
import { withStore } from '../copy/open-store.js';
import { readPlace } from '../copy/place.js';
import { withEntryProgress } from '../progress.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { say, type Terminal } from '../terminal.js';
import { count } from '../wal/verdict.js';
import { BackupFile } from './backup-file.js';
import { ServiceBackups } from './service.js';

/** What `kvasir backup` is told. */
export interface BackupOptions {
  readonly from: string;
  readonly to: string;
  readonly schema: string;
  readonly databaseUrl?: string;
  readonly adminKey?: string;
}

/** `kvasir backup`: writes all entries of a store at one revision to a file, and reads them while it does. */
export async function backUp(terminal: Terminal, options: BackupOptions): Promise<ExitStatus> {
  const place = readPlace('--from', options.from, options.databaseUrl);
  const file = await BackupFile.create(options.to);
  try {
    if (place.kind === 'service') {
      await save(terminal, new ServiceBackups(place.url, options.adminKey).export(), file);
    } else {
      await withStore(terminal, place, 'source', options.schema, async ({ store }) => {
        await save(terminal, asBytes(writeBackup(await store.snapshot())), file);
      });
    }
    return EXIT.ok;
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

async function save(terminal: Terminal, source: AsyncIterable<Buffer>, file: BackupFile): Promise<void> {
  const { header, reader } = await BackupReader.open(written(source, file));
  await withEntryProgress(terminal, 'Backing up', async (update) => {
    for await (const _ of reader.batches()) update(reader.entries, header.keys);
  });
  await file.finish();
  say(terminal, `${count(reader.entries, 'entry', 'entries')} of revision ${header.revision} are in ${file.path}.`);
}

async function* written(source: AsyncIterable<Buffer>, file: BackupFile): AsyncGenerator<Buffer, void, undefined> {
  for await (const piece of source) {
    await file.write(piece);
    yield piece;
  }
}

async function* asBytes(pieces: AsyncIterable<string>): AsyncGenerator<Buffer, void, undefined> {
  for await (const piece of pieces) yield Buffer.from(piece);
}
