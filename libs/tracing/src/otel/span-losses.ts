import type { TracerLogger } from '../tracer-options.js';

/** Long enough for what a socket says; what a collector answers is not logged. */
const MAX_REASON = 200;

const LOST = 'spans cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT and are lost until they can be';

/** Counts the spans that are lost, and says so once an outage for each of the two reasons, and once that it is over, instead of at each span or attempt. */
export class SpanLosses {
  /** In this outage; 0: there is none. */
  private lost = 0;
  private saidFailed = false;
  private saidFull = false;
  /** Whether spans have found no place since the collector was last heard of. */
  private full = false;

  constructor(private readonly logger: TracerLogger) {}

  /** @param spans how many could not be sent */
  failed(spans: number, reason: string): void {
    this.lost += spans;
    this.full = false;
    if (this.saidFailed) return;
    this.saidFailed = true;
    this.logger.warn({ reason: reason.slice(0, MAX_REASON) }, LOST);
  }

  /** One span is lost, because as many wait to be sent as may. */
  overflowed(waiting: number): void {
    this.lost++;
    this.full = true;
    if (this.saidFull) return;
    this.saidFull = true;
    this.logger.warn({ reason: `${waiting} spans wait already, which is OTEL_BSP_MAX_QUEUE_SIZE` }, LOST);
  }

  /** Spans were sent. An outage of a collector that is too slow is over when none was lost since those before. */
  sent(): void {
    const { lost, full } = this;
    this.full = false;
    if (full || lost === 0) return;
    this.lost = 0;
    this.saidFailed = false;
    this.saidFull = false;
    this.logger.info({ lost }, 'spans are taken again; those from meanwhile are lost');
  }
}
