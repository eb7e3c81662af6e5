import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from '@jest/globals';
import { within } from './within.js';

/** A span as it arrived. */
export interface CollectedSpan {
  /** `service.name` of whoever sent it. */
  readonly service: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly isError: boolean;
  /** Unix nanoseconds. */
  readonly startedAt: bigint;
  readonly endedAt: bigint;
}

/** A request of an exporter. */
export interface ExportRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** `serve` takes spans, `refuse` answers 503, `hang` reads requests and never answers. */
export type CollectorMode = 'serve' | 'refuse' | 'hang';

// OTLP's JSON, as far as it is read here (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
}
type OtlpAttributes = readonly { readonly key: string; readonly value: OtlpValue }[];
interface OtlpSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly attributes: OtlpAttributes;
  readonly status: { readonly code?: number };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}
interface OtlpExport {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: OtlpAttributes };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const KINDS = ['internal', 'internal', 'server', 'client'] as const;
const STATUS_ERROR = 2;
const WAIT_MS = 15_000;

/** A collector of OpenTelemetry's spans over HTTP, on a free port of 127.0.0.1. */
export class SpanCollector {
  /** Every span so far, in the order in which they came. Those of protobuf are not read. */
  readonly spans: CollectedSpan[] = [];
  /** Every request so far. */
  readonly requests: ExportRequest[] = [];
  mode: CollectorMode = 'serve';
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly server: Server) {}

  static async listen(): Promise<SpanCollector> {
    const server = createServer();
    const collector = new SpanCollector(server);
    server.on('request', (req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () =>
        collector.take({ path: req.url ?? '', headers: req.headers, body: Buffer.concat(chunks) }, res),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What a service that sends its spans here, soon and in a form that is read here, is started with. */
  get env(): Readonly<Record<string, string>> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: this.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '10',
    };
  }

  /** The spans of a trace so far. */
  trace(traceId: string): CollectedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  /** Resolves with the spans of a trace when there are at least so many. */
  async spansOf(traceId: string, count: number): Promise<CollectedSpan[]> {
    await this.until(() => this.trace(traceId).length >= count);
    return this.trace(traceId);
  }

  /** Resolves when something holds; looked at after each request. */
  async until(holds: () => boolean): Promise<void> {
    const said = (): string => `it did not come to that; there are ${JSON.stringify(this.spans, withoutBigInts, 1)}`;
    const held = (async () => {
      while (!holds()) await new Promise<void>((resolve) => this.waiting.add(resolve));
    })();
    await within(WAIT_MS, held, said);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(request: ExportRequest, res: ServerResponse): void {
    this.requests.push(request);
    if (this.mode === 'serve' && request.headers['content-type'] === 'application/json')
      this.spans.push(...spansIn(JSON.parse(request.body.toString()) as OtlpExport));
    if (this.mode !== 'hang') {
      res.writeHead(this.mode === 'serve' ? 200 : 503, { 'Content-Type': 'application/json' });
      res.end('{}');
    }
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

/** A collector for the tests of one file. */
export function useSpanCollector(): () => Promise<SpanCollector> {
  const collectors: SpanCollector[] = [];
  afterAll(async () => {
    await Promise.all(collectors.map((collector) => collector.close()));
  });
  return async () => {
    const collector = await SpanCollector.listen();
    collectors.push(collector);
    return collector;
  };
}

function spansIn({ resourceSpans }: OtlpExport): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => collected(service, span)));
  });
}

function collected(service: string, span: OtlpSpan): CollectedSpan {
  return {
    service,
    name: span.name,
    kind: KINDS[span.kind] ?? 'internal',
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    traceState: span.traceState ?? '',
    attributes: attributesOf(span.attributes),
    isError: span.status.code === STATUS_ERROR,
    startedAt: BigInt(span.startTimeUnixNano),
    endedAt: BigInt(span.endTimeUnixNano),
  };
}

function attributesOf(attributes: OtlpAttributes): Record<string, string | number | boolean> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? Number(value.intValue ?? value.doubleValue),
    ]),
  );
}

function withoutBigInts(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
