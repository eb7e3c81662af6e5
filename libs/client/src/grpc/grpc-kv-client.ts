import { Client, Metadata } from '@grpc/grpc-js';
import { KEY_VALUE_SERVICE, type HealthResponse } from '@kvasir/contracts';
import type { TraceHeaders } from '@kvasir/tracing';
import { checkedApiKey } from '../api-key.js';
import { checkedTrace } from '../call-trace.js';
import { KeyRefusedError, ValueRefusedError } from '../errors.js';
import { GrpcCallError } from './grpc-errors.js';
import { channelCredentials, channelOptions, DEFAULT_DEADLINE_MS, type GrpcKvClientOptions } from './grpc-options.js';

const API_KEY = 'x-api-key';

/** What is needed of a method's definition to call it. */
interface Rpc<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** What one call may say of itself. */
export interface GrpcCallOptions {
  /** Milliseconds that this call may take; default: the client's `deadlineMs`. */
  readonly deadlineMs?: number;
  /** Sent as metadata `x-api-key`, instead of the client's own: for those who call on behalf of others. */
  readonly apiKey?: string;
  /** Ends the call: it fails with CANCELLED. A write may have been done. */
  readonly signal?: AbortSignal;
  /** The trace that the call is a part of, by W3C Trace Context: sent as metadata `traceparent` and `tracestate`. Default: none. */
  readonly trace?: TraceHeaders | undefined;
}

/**
 * A client of one kv-service over gRPC: strings under string keys, on one connection.
 *
 * ```ts
 * const client = new GrpcKvClient('localhost:50051', { deadlineMs: 2000 });
 * await client.set('hello', 'world');
 * await client.get('hello'); // 'world'; undefined when it is not there
 * await client.delete('hello');
 * client.close();
 * ```
 *
 * It connects with the first call. While the service cannot be reached calls fail with UNAVAILABLE, at once or by their deadline, and attempts to connect go on twice a second:
 * once the service is back, calls succeed again by themselves.
 *
 * Every method rejects with a {@link GrpcCallError} when the call does not end with OK.
 */
export class GrpcKvClient {
  private readonly client: Client;
  private readonly deadlineMs: number;
  private readonly metadata = new Metadata();
  private readonly healthMetadata: Metadata;

  /**
   * @param address `host:port`; an IPv6 address in brackets
   * @throws RangeError for an API key that metadata does not carry
   */
  constructor(address: string, options: GrpcKvClientOptions = {}) {
    this.client = new Client(address, channelCredentials(options), channelOptions(options));
    this.deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    if (options.token !== undefined) this.metadata.set('authorization', `Bearer ${options.token}`);
    if (options.apiKey !== undefined) this.metadata.set(API_KEY, checkedApiKey(options.apiKey));
    this.healthMetadata = this.metadata.clone();
    // Without a token Health is answered to everybody; with one, even an empty one, only if it is right. So it tells of a token that is missing here, too.
    if (options.token === undefined) this.healthMetadata.set('authorization', 'Bearer');
  }

  /**
   * The string under a key, or the JSON text of a value that is no string; undefined when the key is not there.
   *
   * @throws KeyRefusedError for a key that UTF-8 cannot carry; the service says what else it refuses
   */
  async get(key: string, options?: GrpcCallOptions): Promise<string | undefined> {
    refuseKey(key);
    const { found, value } = await this.call('Get', KEY_VALUE_SERVICE.Get, { key }, this.metadata, options);
    return found ? value : undefined;
  }

  /**
   * Writes a string, for ever: an earlier value and its time to live are gone. Resolves once the write is durable.
   *
   * @throws KeyRefusedError, ValueRefusedError for what UTF-8 cannot carry
   */
  async set(key: string, value: string, options?: GrpcCallOptions): Promise<void> {
    refuseKey(key);
    if (!value.isWellFormed())
      throw new ValueRefusedError('the value holds a lone surrogate, which UTF-8 cannot carry');
    await this.call('Set', KEY_VALUE_SERVICE.Set, { key, value }, this.metadata, options);
  }

  /**
   * Removes a key, whether it is there or not.
   *
   * @throws KeyRefusedError for a key that UTF-8 cannot carry
   */
  async delete(key: string, options?: GrpcCallOptions): Promise<void> {
    refuseKey(key);
    await this.call('Delete', KEY_VALUE_SERVICE.Delete, { key }, this.metadata, options);
  }

  /** Asks whether the service answers, and takes this client's token. `timestamp` is the service's time in Unix seconds. */
  health(options?: GrpcCallOptions): Promise<HealthResponse> {
    return this.call('Health', KEY_VALUE_SERVICE.Health, {}, this.healthMetadata, options);
  }

  /** Closes the connection once the calls in progress have ended. Later calls fail with UNAVAILABLE. */
  close(): void {
    this.client.close();
  }

  private call<Request, Response>(
    name: string,
    rpc: Rpc<Request, Response>,
    request: Request,
    metadata: Metadata,
    { deadlineMs = this.deadlineMs, signal, apiKey, trace }: GrpcCallOptions = {},
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const call = this.client.makeUnaryRequest(
        rpc.path,
        rpc.requestSerialize,
        rpc.responseDeserialize,
        request,
        metadataFor(metadata, apiKey, trace),
        { deadline: Date.now() + deadlineMs },
        (error, response) => {
          signal?.removeEventListener('abort', cancel);
          if (error !== null) reject(new GrpcCallError(name, error));
          else resolve(response as Response);
        },
      );
      const cancel = (): void => call.cancel();
      if (signal?.aborted === true) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
    });
  }
}

/** What all calls send, and what this one sends besides. */
function metadataFor(metadata: Metadata, apiKey: string | undefined, trace: TraceHeaders | undefined): Metadata {
  if (apiKey === undefined && trace === undefined) return metadata;
  const own = metadata.clone();
  if (apiKey !== undefined) own.set(API_KEY, checkedApiKey(apiKey));
  if (trace !== undefined) {
    const { traceparent, tracestate } = checkedTrace(trace);
    own.set('traceparent', traceparent);
    if (tracestate !== undefined) own.set('tracestate', tracestate);
  }
  return own;
}

function refuseKey(key: string): void {
  if (!key.isWellFormed()) throw new KeyRefusedError('the key holds a lone surrogate, which UTF-8 cannot carry');
}
