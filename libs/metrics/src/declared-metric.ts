import type { Metric, Registry } from 'prom-client';
import type { BucketCounts } from './bucket-counts.js';

type Labels = Readonly<Record<string, string>>;

/** One line of a metric. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** One histogram of a metric, of which there is one for each combination of labels. */
export interface HistogramSample {
  readonly labels: Labels;
  readonly counts: BucketCounts;
  /** What a value is divided by to be in the metric's base unit. */
  readonly divisor: number;
}

interface Described {
  /** By Prometheus's conventions: `kvasir_…`, base units, `_total` for counters. */
  readonly name: string;
  /** For people. */
  readonly help: string;
  readonly labels: readonly string[];
}

/** A metric, and how it is read out of what is known at one moment. */
export type MetricDeclaration<Source> = Described &
  (
    | { readonly type: 'counter' | 'gauge'; readonly read: (source: Source) => Iterable<Sample> }
    | { readonly type: 'histogram'; readonly read: (source: Source) => Iterable<HistogramSample> }
  );

/**
 * Puts a metric into a registry. It is read when the registry is asked for its text, and costs nothing until then: prom-client's own counters and histograms hash labels for each value.
 *
 * A registry takes whatever has a name and a `get`, as prom-client's own `AggregatorRegistry` relies on; its types name the four classes only.
 */
export function register<Source>(
  registry: Registry,
  declaration: MetricDeclaration<Source>,
  source: () => Source,
): void {
  const { name, help, type } = declaration;
  const metric = {
    name,
    get: () => Promise.resolve({ name, help, type, values: valuesOf(declaration, source()) }),
  };
  registry.registerMetric(metric as unknown as Metric);
}

/** One line of the answer. */
interface Value {
  readonly metricName: string;
  readonly labels: Labels;
  readonly value: number;
}

function valuesOf<Source>(declaration: MetricDeclaration<Source>, source: Source): Value[] {
  const { name } = declaration;
  if (declaration.type === 'histogram')
    return Array.from(declaration.read(source), (sample) => linesOf(name, sample)).flat();
  return Array.from(declaration.read(source), ({ labels, value }) => ({ metricName: name, labels, value }));
}

/** A histogram's lines: each bucket holds those below it, too. */
function linesOf(name: string, { labels, counts, divisor }: HistogramSample): Value[] {
  const lines: Value[] = [];
  let below = 0;
  for (const [i, count] of counts.buckets.entries()) {
    below += count;
    const bound = counts.bounds[i];
    const le = bound === undefined ? '+Inf' : String(bound / divisor);
    lines.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: below });
  }
  lines.push({ metricName: `${name}_sum`, labels, value: counts.sum / divisor });
  lines.push({ metricName: `${name}_count`, labels, value: below });
  return lines;
}
