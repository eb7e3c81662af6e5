import { Injectable } from '@nestjs/common';
import { ServiceStop } from '@kvasir/service';
import { StoreLifecycle, type StoreProblem } from '../../store/store-lifecycle.js';

/** Whether requests should be sent to this process, and why not. */
@Injectable()
export class Readiness {
  constructor(
    private readonly store: StoreLifecycle,
    private readonly stop: ServiceStop,
  ) {}

  /** Whether the service is being stopped: it takes what still comes, and nothing should come any more. */
  get isStopping(): boolean {
    return this.stop.hasBegun;
  }

  /** Why the store cannot serve now; undefined when it can. */
  storeProblem(): Promise<StoreProblem | undefined> {
    return this.store.problem();
  }

  /** Why the service is not ready; undefined when it is. */
  async problem(): Promise<string | undefined> {
    return this.isStopping ? 'the service is stopping' : (await this.storeProblem())?.reason;
  }

  /** Calls `listener` when {@link problem} may have another answer. */
  onChange(listener: () => void): void {
    this.store.onChange(listener);
    this.stop.onBegin(listener);
  }
}
