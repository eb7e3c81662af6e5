import type { Server, ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { KEY_VALUE_SERVICE_NAME } from '@kvasir/contracts';
import { HealthImplementation } from 'grpc-health-check';

/** The empty name stands for the server as a whole. */
const SERVICES = ['', KEY_VALUE_SERVICE_NAME];

type Watch = ServerWritableStream<unknown, unknown>;

/** `grpc.health.v1.Health`: what Kubernetes, load balancers and clients of the standard ask. */
export class GrpcHealth {
  private readonly implementation = new HealthImplementation(
    Object.fromEntries(SERVICES.map((service) => [service, 'SERVING' as const])),
  );
  private readonly watches = new Set<Watch>();

  addTo(server: Server): void {
    this.implementation.addToServer({
      addService: (definition: Parameters<Server['addService']>[0], handlers: UntypedServiceImplementation) =>
        server.addService(definition, {
          ...handlers,
          watch: this.endable(handlers['watch'] as (watch: Watch) => void),
        }),
    });
  }

  /** Says NOT_SERVING from now on, to those who watch too, and ends their streams: a graceful stop would wait for them for ever. */
  stop(): void {
    for (const service of SERVICES) this.implementation.setStatus(service, 'NOT_SERVING');
    for (const watch of this.watches) watch.end();
  }

  private endable(handler: (watch: Watch) => void): (watch: Watch) => void {
    return (watch) => {
      this.watches.add(watch);
      watch.on('close', () => this.watches.delete(watch));
      watch.on('cancelled', () => this.watches.delete(watch));
      handler(watch);
    };
  }
}
