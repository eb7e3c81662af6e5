import { afterAll, beforeAll } from '@jest/globals';
import { GrpcKvClient } from '@kvasir/client';
import {
  freePort,
  useTestDatabase,
  useTestServices,
  type HttpClient,
  type ServiceOptions,
  type ServiceProcess,
  type TestServices,
} from '@kvasir/test-harness';
import { GATEWAY_KEY, type Doors } from './wire-apis.js';

/** Every engine there is, as `STORE` names it, and whether it survives the process. */
export const ENGINES = [
  { engine: 'wal', durable: true },
  { engine: 'memory', durable: false },
  { engine: 'postgres', durable: true },
] as const;

export type EngineName = (typeof ENGINES)[number]['engine'];

/** Long enough for a machine with other work: what is late is no failure of what is tested with it. */
const DEADLINE_MS = 10_000;

/** A kv-service with both its ports. */
export interface StoreProcess {
  readonly service: ServiceProcess;
  readonly http: HttpClient;
  readonly rpc: GrpcKvClient;
  readonly grpcPort: number;
}

/** All services over one store: kv-service, as often as asked for, and an api-gateway in front of the last of them. */
export class WholeSystem {
  private constructor(
    private readonly services: TestServices,
    private readonly options: ServiceOptions,
    /** The kv-services, one unless more were asked for. */
    private readonly stores: StoreProcess[],
    readonly gateway: HttpClient,
  ) {}

  /** @param processes how many kv-services; more than one only where they can share a store */
  static async start(services: TestServices, options: ServiceOptions, processes = 1): Promise<WholeSystem> {
    const stores = await Promise.all(
      Array.from({ length: processes }, async () => startStore(services, options, await freePort())),
    );
    const gateway = await services.start({
      app: 'api-gateway',
      env: {
        KV_GRPC_URL: `127.0.0.1:${stores.at(-1)!.grpcPort}`,
        GRPC_DEADLINE_MS: String(DEADLINE_MS),
        API_KEY: GATEWAY_KEY,
      },
    });
    return new WholeSystem(services, options, stores, gateway.http);
  }

  /** The ways in, `http` and `rpc` those of one of the processes: the numbers go round. */
  doors(index = 0): Doors {
    const { http, rpc } = this.stores[index % this.stores.length]!;
    return { http, rpc, gateway: this.gateway };
  }

  /** Kills the first process and starts it again over what it left, and waits until the gateway has found it. */
  async restart(): Promise<void> {
    const { service, rpc, grpcPort } = this.stores[0]!;
    await service.kill();
    rpc.close();
    this.stores[0] = await startStore(this.services, { ...this.options, directory: service.directory }, grpcPort);
    while ((await this.gateway.get('/health/ready')).status !== 200);
  }

  /** The first process's data directory. */
  get directory(): string {
    return this.stores[0]!.service.directory;
  }

  close(): void {
    for (const { rpc } of this.stores) rpc.close();
  }
}

async function startStore(services: TestServices, options: ServiceOptions, grpcPort: number): Promise<StoreProcess> {
  const service = await services.start({ ...options, env: { ...options.env, GRPC_PORT: String(grpcPort) } });
  const rpc = new GrpcKvClient(`127.0.0.1:${grpcPort}`, { deadlineMs: DEADLINE_MS });
  return { service, http: service.http, rpc, grpcPort };
}

/**
 * One system for the `describe` it is called in, over an empty store, which goes with it.
 *
 * @returns it; call that inside tests and hooks. What survives a power cut is tested elsewhere, so the log is not synced.
 */
export function useWholeSystem(engine: EngineName, processes = 1): () => WholeSystem {
  const services = useTestServices();
  const database = engine === 'postgres' ? useTestDatabase() : undefined;
  let system: WholeSystem | undefined;
  beforeAll(async () => {
    const env = {
      STORE: engine,
      FSYNC: 'never',
      ...(database === undefined ? {} : { DATABASE_URL: database.url(), DATABASE_SCHEMA: database.newSchema() }),
    };
    system = await WholeSystem.start(services, { env }, processes);
  }, 60_000);
  afterAll(() => system?.close());
  return () => {
    if (system === undefined) throw new Error('the system is there in tests and hooks alone');
    return system;
  };
}
