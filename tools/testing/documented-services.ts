import type { TestServices } from '@kvasir/test-harness';
import { freePort } from '@kvasir/test-harness';
import type { Variables } from './curl.js';

/** The ports that `make run` listens on, and the app that answers there. */
const APP_OF_PORT: Readonly<Record<string, string>> = {
  8000: 'kv-service',
  8080: 'kv-service',
  6969: 'kv-service',
  8001: 'test-client',
  8888: 'api-gateway',
  50051: 'gRPC',
};

/** All services as `make run` starts them, over an empty store, but on free ports. */
export class DocumentedServices {
  private constructor(
    private readonly portOfApp: ReadonlyMap<string, number>,
    /** What a reader's shell has: the gateway's key. */
    readonly variables: Variables,
  ) {}

  /** Starts them; `services` sees to their end. */
  static async start(services: TestServices): Promise<DocumentedServices> {
    const API_KEY = 'a-key-of-this-test';
    const grpcPort = String(await freePort());
    const store = await services.start({ env: { GRPC_PORT: grpcPort } });
    const testClient = await services.start({
      app: 'test-client',
      env: { KV_SERVICE_URL: `http://127.0.0.1:${store.port}` },
    });
    const gateway = await services.start({
      app: 'api-gateway',
      env: { KV_GRPC_URL: `127.0.0.1:${grpcPort}`, API_KEY },
    });
    return new DocumentedServices(
      new Map([
        ['kv-service', store.port],
        ['test-client', testClient.port],
        ['api-gateway', gateway.port],
        ['gRPC', Number(grpcPort)],
      ]),
      { API_KEY },
    );
  }

  /** The text with the addresses of these services in place of the documented ones; nothing else is changed. */
  here(text: string): string {
    return text.replace(/\blocalhost:(\d+)/g, (address, documented: string) => {
      const port = this.portOfApp.get(APP_OF_PORT[documented] ?? '');
      if (port === undefined) throw new Error(`${address} is named, where \`make run\` starts nothing`);
      return `127.0.0.1:${port}`;
    });
  }
}
