import { GrpcCallError, type GrpcCallOptions } from '@kvasir/client';
import type { ServiceStop } from '@kvasir/service';
import { refusalOf } from './call-refusal.js';
import type { Upstream } from './upstream.js';

/** Whether the gateway can serve values now. */
export class Readiness {
  constructor(
    private readonly upstream: Upstream,
    private readonly stop: ServiceStop,
  ) {}

  /** Why it cannot; undefined when it can. Asks kv-service, which must be ready too. */
  async problem(options?: GrpcCallOptions): Promise<string | undefined> {
    if (this.stop.hasBegun) return 'the gateway is stopping';
    try {
      await this.upstream.health(options);
      return undefined;
    } catch (error) {
      if (!(error instanceof GrpcCallError)) throw error;
      return refusalOf(error, () => 'kv-service failed').message;
    }
  }
}
