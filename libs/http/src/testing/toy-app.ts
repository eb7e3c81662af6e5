import { Module, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { AddressInfo } from 'node:net';
import { KvasirHttpAdapter, type HttpAdapterOptions } from '../kvasir-http-adapter.js';
import { WireAnswer } from '../wire-answer.js';
import { WireController, WireDelete, WireGet, WirePost, WirePostStream, WirePut } from '../wire-decorators.js';
import { DEFAULT_API, problemAnswer, type WireApi } from '../wire-errors.js';
import { WireRefusal } from '../wire-refusal.js';
import { WireRequest } from '../wire-request.js';
import { WireModule } from '../wire.module.js';

/** A promise that the test opens. */
export class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

/** What the toy handlers share with the test. */
export class ToyState {
  readonly values = new Map<string, string>();
  /** Each handler call: method and key. */
  readonly calls: string[] = [];
  /** `/slow/:key` waits for this. */
  gate = new Gate();
  /** Resolves when `/slow/:key` has been entered. */
  entered = new Gate();
  /** Pieces that `/stream/:key` has made. */
  pieces = 0;
  /** Resolves when `/stream/:key`'s iteration is over, for whatever reason. */
  streamEnded = new Gate();
}

const state = { current: new ToyState() };

const json = (value: unknown, status = 200): WireAnswer => new WireAnswer(status, JSON.stringify(value));

const KV: WireApi = { name: 'toy-kv', errors: DEFAULT_API.errors };

/** Another form: `{"detail": {"success": false, "error": …}}`, and headers of its own. */
const KEYS: WireApi = {
  name: 'toy-keys',
  errors: {
    answer(error) {
      if (error instanceof WireRefusal) return json({ detail: { success: false, error: error.message } }, error.status);
      if (error instanceof RangeError) return json({ detail: { success: false, error: 'known' } }, 422);
      return undefined;
    },
  },
};

const RECORDS: WireApi = {
  name: 'toy-records',
  errors: {
    answer: (error) =>
      error instanceof WireRefusal ? json({ status: 'Error', message: error.message }, error.status) : undefined,
  },
  refuseMethod: (path) => (path === '/taken' ? new WireRefusal(400, "'taken' is taken") : undefined),
};

@WireController('', RECORDS)
class RecordsController {
  @WireGet()
  root(): WireAnswer {
    return json({ links: [] });
  }

  @WireGet(':key')
  get(request: WireRequest): WireAnswer {
    return json({ record: request.key });
  }

  @WirePut('bulk')
  bulk(): WireAnswer {
    return json({ bulk: true });
  }

  @WirePut(':key')
  put(request: WireRequest): WireAnswer {
    return json({ record: request.key, raw: request.rawParam('key') });
  }
}

@WireController('kv', KV)
class KvController {
  @WireGet()
  list(request: WireRequest): WireAnswer {
    return json({ prefix: request.query.get('prefix') ?? null, names: request.query.names() }).withHeaders({
      'Cache-Control': 'no-store',
    });
  }

  @WirePost('batch')
  batch(request: WireRequest): WireAnswer {
    return json({ batch: request.body.length });
  }

  @WireGet(':key')
  get(request: WireRequest): WireAnswer {
    state.current.calls.push(`GET ${request.key}`);
    const value = state.current.values.get(request.key);
    return value === undefined ? problemAnswer(404, 'key not found') : json({ key: request.key, value });
  }

  @WirePut(':key')
  async put(request: WireRequest): Promise<WireAnswer> {
    state.current.calls.push(`PUT ${request.key}`);
    await new Promise((resolve) => setImmediate(resolve));
    state.current.values.set(request.key, request.body.toString('utf8'));
    return json({ success: true, bytes: request.body.length });
  }

  @WireDelete(':key')
  delete(request: WireRequest): WireAnswer {
    state.current.values.delete(request.key);
    return json({ success: true });
  }
}

@WireController('keys', KEYS)
class KeysController {
  @WireGet(':key')
  async get(request: WireRequest): Promise<WireAnswer> {
    await Promise.resolve();
    if (request.key === 'known') throw new RangeError('mapped by the form');
    if (request.key === 'boom') throw new Error('secret: the database password');
    if (request.key === 'bad-header') return json({}).withHeaders({ 'X-Bad': 'a\nb' });
    return json({ key: request.key, agent: request.header('X-Agent') ?? null });
  }

  @WirePost(':key')
  post(request: WireRequest): WireAnswer {
    if (request.key === 'boom') throw new Error('secret: thrown at once');
    return json({ key: request.key }, 201);
  }
}

@WireController('api/v1/store', KEYS)
class StoreController {
  @WireGet(':key/exists')
  exists(request: WireRequest): WireAnswer {
    return json({ exists: request.key });
  }
}

@WireController('slow', KV)
class SlowController {
  @WireGet(':key')
  async get(request: WireRequest): Promise<WireAnswer> {
    state.current.entered.open();
    await state.current.gate.opened;
    return json({ slow: request.key });
  }
}

@WireController('stream', KV)
class StreamController {
  @WireGet(':key')
  stream(request: WireRequest): WireAnswer {
    const { current } = state;
    async function* pieces(): AsyncGenerator<string> {
      try {
        if (request.key === 'fails-at-once') throw new Error('secret: no first piece');
        for (let i = 0; i < (request.key === 'short' ? 3 : 100_000); i++) {
          if (request.key === 'fails-midway' && i === 2) throw new Error('secret: no third piece');
          if (request.key === 'gated' && i === 1) {
            current.entered.open();
            await current.gate.opened;
          }
          current.pieces++;
          yield request.key === 'short' || request.key === 'gated' ? `${i}é,` : 'x'.repeat(65_536);
          if (request.key === 'gated' && i === 1) return;
        }
      } finally {
        current.streamEnded.open();
      }
    }
    return new WireAnswer(200, pieces());
  }

  @WirePut(':key')
  sync(): WireAnswer {
    return new WireAnswer(200, ['[', '1', ']'], { 'X-Extra': 'yes' });
  }
}

@WireController('upload', KV)
class UploadController {
  @WirePostStream('', 'application/x-toy')
  async upload(request: WireRequest): Promise<WireAnswer> {
    if (request.header('X-Refuse') === 'at once') throw new WireRefusal(403, 'refused at once');
    const pieces: number[] = [];
    for await (const piece of request.stream) {
      pieces.push(piece.length);
      state.current.entered.open();
      if (request.header('X-Refuse') === 'midway') throw new WireRefusal(409, 'refused midway');
    }
    return json({ bytes: pieces.reduce((sum, length) => sum + length, 0), body: request.body.length });
  }
}

// Records first: what a path means must not depend on the order of controllers.
@Module({
  imports: [WireModule],
  controllers: [
    RecordsController,
    KvController,
    KeysController,
    StoreController,
    SlowController,
    StreamController,
    UploadController,
  ],
})
class ToyModule {}

/** A running toy application. */
export interface ToyApp {
  readonly app: NestExpressApplication;
  readonly adapter: KvasirHttpAdapter;
  readonly port: number;
  readonly state: ToyState;
  /** What was logged as an error. */
  readonly errors: { readonly fields: object; readonly message: string }[];
  /** What was logged at debug. */
  readonly debugs: { readonly fields: object; readonly message: string }[];
}

/** Starts the toy application on a free port of 127.0.0.1, with Swagger UI at /docs. */
export async function startToyApp(
  options: Partial<HttpAdapterOptions> = {},
  nestOptions: NestApplicationOptions = {},
): Promise<ToyApp> {
  state.current = new ToyState();
  const errors: { fields: object; message: string }[] = [];
  const debugs: { fields: object; message: string }[] = [];
  const logger = {
    error: (fields: object, message: string) => void errors.push({ fields, message }),
    warn: () => {},
    debug: (fields: object, message: string) => void debugs.push({ fields, message }),
    isLevelEnabled: () => true,
  };
  const adapter = new KvasirHttpAdapter({ logger, maxBodyBytes: 1000, ...options });
  const app = await NestFactory.create<NestExpressApplication>(ToyModule, adapter, {
    logger: false,
    abortOnError: false,
    routeResolutionStrategy: 'specificity',
    ...nestOptions,
  });
  SwaggerModule.setup('docs', app, SwaggerModule.createDocument(app, new DocumentBuilder().build()));
  adapter.router.addExternal('/docs', { subtree: true });
  adapter.router.addExternal('/docs-json');
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, adapter, port, state: state.current, errors, debugs };
}
