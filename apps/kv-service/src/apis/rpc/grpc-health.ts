import {
  status as Status,
  type handleUnaryCall,
  type Server,
  type ServerWritableStream,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { KEY_VALUE_SERVICE_NAME } from '@kvasir/contracts';
import type { PackageDefinition } from '@grpc/proto-loader';
import { HealthImplementation, service as HEALTH_SERVICE } from 'grpc-health-check';
import type { RpcReadiness } from './rpc-readiness.js';

/** The file that describes `grpc.health.v1.Health`, by one of the messages in it: for reflection. */
export const HEALTH_PACKAGE = {
  'grpc.health.v1.HealthCheckRequest': HEALTH_SERVICE['Check']!.requestType,
  // Its types are those of an older @grpc/proto-loader.
} as unknown as PackageDefinition;

/** The empty name stands for the server as a whole. */
const SERVICES = ['', KEY_VALUE_SERVICE_NAME];

type Unary = handleUnaryCall<unknown, unknown>;
type Watch = ServerWritableStream<unknown, unknown>;

/** `grpc.health.v1.Health`: what Kubernetes, load balancers and clients of the standard ask. SERVING while the service is ready. */
export class GrpcHealth {
  private readonly implementation = new HealthImplementation(
    Object.fromEntries(SERVICES.map((service) => [service, 'NOT_SERVING' as const])),
  );
  private readonly watches = new Set<Watch>();
  private serving = false;
  private stopped = false;

  /** @param maxWatches the most that watch at once */
  constructor(
    private readonly readiness: RpcReadiness,
    private readonly maxWatches: number,
  ) {
    readiness.onChange(() => void this.update());
  }

  addTo(server: Server): void {
    this.implementation.addToServer({
      addService: (definition: Parameters<Server['addService']>[0], handlers: UntypedServiceImplementation) =>
        server.addService(definition, {
          ...handlers,
          check: this.updatedBefore(handlers['check'] as Unary),
          list: this.updatedBefore(handlers['list'] as Unary),
          watch: this.endable(handlers['watch'] as (watch: Watch) => void),
        }),
    });
  }

  /** Says NOT_SERVING from now on, to those who watch too, and ends their streams: a graceful stop would wait for them for ever. */
  stop(): void {
    this.say(false);
    this.stopped = true;
    for (const watch of this.watches) watch.end();
  }

  private async update(): Promise<void> {
    const problem = await this.readiness.problem();
    this.say(problem === undefined);
  }

  private say(serving: boolean): void {
    if (this.stopped || this.serving === serving) return;
    this.serving = serving;
    for (const service of SERVICES) this.implementation.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING');
  }

  private updatedBefore(handler: Unary): Unary {
    return (call, callback) => void this.update().then(() => handler(call, callback));
  }

  private endable(handler: (watch: Watch) => void): (watch: Watch) => void {
    return (watch) => {
      if (this.watches.size >= this.maxWatches) {
        watch.emit('error', { code: Status.RESOURCE_EXHAUSTED, details: 'too many watch the health already' });
        return;
      }
      this.watches.add(watch);
      watch.on('close', () => this.watches.delete(watch));
      watch.on('cancelled', () => this.watches.delete(watch));
      handler(watch);
    };
  }
}
