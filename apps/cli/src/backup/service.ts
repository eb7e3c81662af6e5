import { BACKUP_CONTENT_TYPE } from '@kvasir/backup';
import type { LoadMode } from '@kvasir/kv-core';
import { Readable } from 'node:stream';
import { Agent, request, type Dispatcher } from 'undici';
import { CommandError } from '../command-error.js';
import { codeOf } from '../system-code.js';

/** What a service says of an import. */
export interface ImportAnswer {
  readonly entries: number;
  readonly expired: number;
  readonly revision: number;
}

/** `/admin/export` and `/admin/import` of a running service. */
export class ServiceBackups {
  /**
   * @param url of the service
   * @param key an API key with the verb admin, or ADMIN_KEY; undefined: none is sent
   */
  constructor(
    private readonly url: string,
    private readonly key: string | undefined,
  ) {}

  /** The export's bytes. @throws CommandError when the service refuses or cannot be reached */
  async *export(): AsyncGenerator<Buffer, void, undefined> {
    const { body } = await this.send('export', { method: 'GET' });
    try {
      yield* body as AsyncIterable<Buffer>;
    } catch (error) {
      throw new CommandError(`${this.url} broke the export off: ${(error as Error).message}`);
    }
  }

  /** @throws CommandError when the service refuses or cannot be reached */
  async import(source: AsyncIterable<Buffer>, mode: LoadMode): Promise<ImportAnswer> {
    const { body } = await this.send(`import?mode=${mode}`, {
      method: 'POST',
      body: Readable.from(source, { objectMode: false }),
      contentType: BACKUP_CONTENT_TYPE,
    });
    return (await body.json()) as ImportAnswer;
  }

  private async send(
    route: string,
    { method, body, contentType }: { method: 'GET' | 'POST'; body?: Readable; contentType?: string },
  ): Promise<Dispatcher.ResponseData> {
    const { key } = this;
    // The last answer comes when everything has been put in, however long that takes.
    const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
    const base = this.url.endsWith('/') ? this.url : `${this.url}/`;
    let response: Dispatcher.ResponseData;
    try {
      response = await request(new URL(`admin/${route}`, base), {
        method,
        body: body ?? null,
        headers: {
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
          ...(key === undefined ? {} : { 'x-api-key': key }),
        },
        dispatcher,
      });
    } catch (error) {
      // What the source of the body threw is its own.
      if (body?.errored !== undefined && body.errored !== null && codeOf(body.errored) !== undefined)
        throw body.errored;
      throw new CommandError(`${this.url} cannot be reached: ${(error as Error).message}`);
    }
    if (response.statusCode === 200) return response;
    const text = textOf(await response.body.text());
    const hint =
      response.statusCode === 404 ? '; is there an ADMIN_KEY, or an API key with the verb admin, in its settings?' : '';
    throw new CommandError(`${this.url} refused with ${response.statusCode}: ${text}${hint}`);
  }
}

/** The error in a service's answer, or all of it. */
function textOf(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === 'string' ? error : body;
  } catch {
    return body;
  }
}
