import type { TracerOptions } from './tracer-options.js';
import type { Tracer } from './tracer.js';

/** Loads OpenTelemetry's SDK, which nobody pays for who does not call this. */
export async function openTracer(options: TracerOptions): Promise<Tracer> {
  const { OtelTracer } = await import('./otel/otel-tracer.js');
  return new OtelTracer(options);
}
