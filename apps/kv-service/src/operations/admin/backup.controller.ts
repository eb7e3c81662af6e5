import { tmpdir } from 'node:os';
import { Inject } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiProperty, ApiQuery } from '@nestjs/swagger';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { BACKUP_CONTENT_TYPE, BackupReader, writeBackup } from '@kvasir/backup';
import {
  DEFAULT_API,
  forbiddenTo,
  STORE_REFUSALS,
  shorten,
  WireAnswer,
  WireController,
  WireGet,
  WirePostStream,
  WireRefusal,
  WRITE_REFUSALS,
  type WireQuery,
  type WireRequest,
} from '@kvasir/http';
import type { KvStore, LoadMode, LoadResult } from '@kvasir/kv-core';
import { Access } from '../../access/access.js';
import type { KvServiceConfig } from '../../config/config.js';
import { KV_SERVICE_CONFIG } from '../../config/config.token.js';
import { AdminKey } from './admin-key.js';
import { AdminDocs, AdminRefusals, NeedsStore } from './admin.docs.js';
import { checkBackup, spooledBackup } from './spooled-backup.js';

const MODES: readonly LoadMode[] = ['replace', 'fill', 'merge'];

const NO_STORE = { 'Cache-Control': 'no-store' };

const EXAMPLE =
  '{"format":"kvasir-backup","version":1,"revision":7,"time":1700000000000,"keys":1}\n' +
  '{"key":"a","revision":7,"created":1700000000000,"updated":1700000000000,"value":1}\n' +
  '{"entries":1,"revision":7,"sha256":"…"}\n';

/** What an import did, or, with `dryRun`, would have to put in. */
export class ImportDto {
  @ApiProperty({ enum: [true], type: Boolean, example: true })
  success!: boolean;

  @ApiProperty({ enum: MODES, example: 'replace' })
  mode!: LoadMode;

  @ApiProperty({ description: 'Whether nothing was changed, as asked.', example: false })
  dry_run!: boolean;

  @ApiProperty({ description: 'Entries that were put in.', example: 1200 })
  entries!: number;

  @ApiProperty({ description: 'Entries that were left out, because they have expired.', example: 3 })
  expired!: number;

  @ApiProperty({ description: "The store's revision afterwards; with dryRun that of the backup.", example: 4711 })
  revision!: number;
}

/** `/admin/export` and `/admin/import`: all entries as a backup, and back. docs/cli.md describes its form. */
@AdminDocs(forbiddenTo('every key, which a backup or a restore needs'))
@WireController('admin', DEFAULT_API)
export class BackupController {
  constructor(
    private readonly adminKey: AdminKey,
    private readonly access: Access,
    @Inject(KV_SERVICE_CONFIG) private readonly config: KvServiceConfig,
    @InjectPinoLogger(BackupController.name) private readonly logger: PinoLogger,
  ) {}

  @WireGet('export')
  @ApiOperation({
    summary: 'Export all entries at one revision',
    description:
      'One JSON text a line: a header, the entries in byte order of their keys, a footer with count, revision and SHA-256 of all before it. Reads and writes go on meanwhile. Without its footer an export is not whole.',
  })
  @NeedsStore()
  @ApiOkResponse({
    content: {
      [BACKUP_CONTENT_TYPE]: {
        schema: {
          type: 'string',
          example: EXAMPLE,
        },
      },
    },
  })
  export(request: WireRequest): WireAnswer {
    this.adminKey.require(request);
    const store = this.access.storeFor(request.caller);
    return new WireAnswer(200, exportOf(store), NO_STORE, BACKUP_CONTENT_TYPE);
  }

  @WirePostStream('import', BACKUP_CONTENT_TYPE)
  @ApiOperation({
    summary: 'Import an export',
    description:
      'Nothing is changed unless the whole body has come and been checked. MAX_BODY_BYTES does not hold here. Reads and writes go on meanwhile; `replace` and `fill` show all or nothing, and `merge` entry by entry.',
  })
  @ApiQuery({
    name: 'mode',
    schema: { type: 'string', enum: [...MODES], example: 'fill' },
    description:
      'replace: afterwards there is nothing but what is imported. fill: the same, but only into a store without keys. merge: over what is there, as new writes; other keys stay.',
  })
  @ApiQuery({
    name: 'dryRun',
    required: false,
    schema: { type: 'string', enum: ['true', 'false'], example: 'true' },
    description: 'Only check the body.',
  })
  @ApiConsumes(BACKUP_CONTENT_TYPE)
  @ApiBody({ required: true, description: 'What the export gave.', schema: { type: 'string', example: EXAMPLE } })
  @ApiOkResponse({ type: ImportDto })
  @AdminRefusals({
    400: {
      when: 'The body is no whole, undamaged export, or the query does not fit.',
      text: `there is no mode in the query; it is ${MODES.join(', ')}`,
    },
    415: {
      when: `The Content-Type is not ${BACKUP_CONTENT_TYPE}.`,
      text: `the Content-Type 'text/plain' is not taken; it must be ${BACKUP_CONTENT_TYPE}`,
    },
    503: {
      ...STORE_REFUSALS[503]!,
      when: 'Another import is under way, or the store cannot take it now.',
    },
    507: { ...WRITE_REFUSALS[507]!, when: 'There is no room for it; nothing was changed.' },
  })
  async import(request: WireRequest): Promise<WireAnswer> {
    this.adminKey.require(request);
    const { mode, dryRun } = readQuery(request.query);
    const result = dryRun
      ? await checkBackup(request.stream)
      : await this.load(this.access.storeFor(request.caller), request.stream, mode);
    const body: ImportDto = { success: true, mode, dry_run: dryRun, ...result };
    if (!dryRun) this.logger.info({ mode, ...result, caller: request.caller.name }, 'a backup was imported');
    return new WireAnswer(200, JSON.stringify(body), NO_STORE);
  }

  private async load(store: KvStore, source: AsyncIterable<Buffer>, mode: LoadMode): Promise<LoadResult> {
    if (mode === 'merge') return await store.load(spooledBackup(source, this.spoolFolder()), { mode });
    // The end of the batches, without which nothing is changed, comes only after the footer.
    const { header, reader } = await BackupReader.open(source);
    return await store.load(reader.batches(), { mode, revision: header.revision });
  }

  /** The data directory is there to be written to; the rest of the file system may not be. */
  private spoolFolder(): string {
    const { engine, dataDir } = this.config.store;
    return engine === 'wal' ? dataDir : tmpdir();
  }
}

async function* exportOf(store: KvStore): AsyncGenerator<string, void, undefined> {
  yield* writeBackup(await store.snapshot());
}

function readQuery(query: WireQuery): { mode: LoadMode; dryRun: boolean } {
  const mode = query.get('mode');
  if (!isMode(mode)) {
    const given = mode === undefined ? 'there is no mode' : `the mode is '${shorten(mode)}'`;
    throw new WireRefusal(400, `${given} in the query; it is ${MODES.join(', ')}`);
  }
  const dryRun = query.get('dryRun') ?? 'false';
  if (!['', 'true', 'false'].includes(dryRun))
    throw new WireRefusal(400, `dryRun is '${shorten(dryRun)}' in the query; it is true or false`);
  return { mode, dryRun: dryRun !== 'false' };
}

function isMode(text: string | undefined): text is LoadMode {
  return (MODES as readonly (string | undefined)[]).includes(text);
}
