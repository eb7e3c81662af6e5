import {
  ApiBody,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import { GrpcCallError } from '@kvasir/client';
import {
  ApiRefusals,
  BODY_REFUSALS,
  DELETE_REFUSALS,
  RATE_REFUSALS,
  READ_REFUSALS,
  WireAnswer,
  WireController,
  WireDelete,
  WireGet,
  WirePut,
  WireRefusal,
  WRITE_REFUSALS,
  type RefusalDocs,
  type WireRequest,
} from '@kvasir/http';
import { parseTraceContext } from '@kvasir/tracing';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { API_KEY_HEADER, CHALLENGE } from '../auth/api-key-header.js';
import { GATEWAY_API, KEY_IS_REQUIRED } from '../gateway.api.js';
import { isAboutCaller, refusalOf, UNAVAILABLE_TEXT } from '../upstream/call-refusal.js';
import { Upstream, type UpstreamCaller } from '../upstream/upstream.js';
import { decodePut } from './put-request.js';
import { ErrorDto, PutValueDto, ValueDto } from './values.dto.js';

/** Statuses of calls that fail because something is wrong, not because of the request, its caller's rights or an outage. */
const LOGGED: ReadonlySet<number> = new Set([401, 403, 500]);

const NO_CONTENT = new WireAnswer(204, '');

const REFUSALS: RefusalDocs = {
  400: { when: 'The key, or the body, does not fit.', text: KEY_IS_REQUIRED },
  401: {
    when: 'No key, or one that the gateway or kv-service does not know; nothing was done.',
    text: `the header ${API_KEY_HEADER} is missing`,
    headers: { 'WWW-Authenticate': { description: 'How a key is sent.', example: CHALLENGE } },
  },
  429: {
    ...RATE_REFUSALS[429]!,
    when: 'RATE_LIMIT is set here or at kv-service, and the API key, or the address, sends more than that; nothing was done. The RateLimit fields are there when it is set here.',
  },
  503: { when: 'kv-service cannot be reached, or did not answer in time.', text: UNAVAILABLE_TEXT },
};

/** @param text what the contract says of a call that failed */
const failed = (text: string): RefusalDocs => ({ 500: { when: 'The call to kv-service failed.', text } });

/** `/v1/values` (docs/contracts/values.md): strings under keys. All data is kv-service's. */
@ApiTags('values')
@ApiSecurity(API_KEY_HEADER)
@WireController('v1/values', GATEWAY_API)
export class ValuesController {
  constructor(
    private readonly store: Upstream,
    @InjectPinoLogger(ValuesController.name) private readonly logger: PinoLogger,
  ) {}

  @WirePut()
  @ApiOperation({ summary: 'Write a value', description: 'For ever: an earlier time to live is gone.' })
  @ApiBody({ type: PutValueDto })
  @ApiOkResponse({ type: ValueDto })
  @ApiRefusals(GATEWAY_API, ErrorDto, {
    ...REFUSALS,
    ...BODY_REFUSALS,
    ...WRITE_REFUSALS,
    ...failed('Failed to update value internal error'),
  })
  async put(request: WireRequest): Promise<WireAnswer> {
    const { key, value } = decodePut(request.body);
    await this.failingWith(
      (reason) => `Failed to update value ${reason}`,
      this.store.set(key, value, forCallerOf(request)),
    );
    return valueAnswer(key, value);
  }

  @WireGet(':key')
  @ApiOperation({ summary: 'Read a value' })
  @ApiParam({ name: 'key', type: String, example: 'hello' })
  @ApiOkResponse({ type: ValueDto })
  @ApiNotFoundResponse({ type: ErrorDto })
  @ApiRefusals(GATEWAY_API, ErrorDto, { ...REFUSALS, ...READ_REFUSALS, ...failed('Failed to get value') })
  async get(request: WireRequest): Promise<WireAnswer> {
    const { key } = request;
    const value = await this.failingWith(() => 'Failed to get value', this.store.get(key, forCallerOf(request)));
    if (value === undefined) throw new WireRefusal(404, 'Key not found');
    return valueAnswer(key, value);
  }

  @WireDelete(':key')
  @ApiOperation({ summary: 'Delete a value', description: 'A key that is not there is a success too.' })
  @ApiParam({ name: 'key', type: String, example: 'hello' })
  @ApiNoContentResponse()
  @ApiRefusals(GATEWAY_API, ErrorDto, { ...REFUSALS, ...DELETE_REFUSALS, ...failed('Failed to delete value') })
  async delete(request: WireRequest): Promise<WireAnswer> {
    await this.failingWith(() => 'Failed to delete value', this.store.delete(request.key, forCallerOf(request)));
    return NO_CONTENT;
  }

  /** What is wrong between the services, or inside kv-service, is logged: the client is told little of it. An outage is not, once a request. */
  private async failingWith<T>(failure: (reason: string) => string, call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (!(error instanceof GrpcCallError)) throw error;
      const refusal = refusalOf(error, failure);
      if (LOGGED.has(refusal.status) && !isAboutCaller(error))
        this.logger.error({ err: error }, 'a call of kv-service failed');
      throw refusal;
    }
  }
}

/** kv-service decides what the caller may do: it gets the key that the gate has let through. */
function forCallerOf(request: WireRequest): UpstreamCaller {
  return {
    apiKey: request.header(API_KEY_HEADER),
    trace: request.span?.context ?? parseTraceContext(request.header('traceparent'), request.header('tracestate')),
  };
}

function valueAnswer(key: string, value: string): WireAnswer {
  return new WireAnswer(200, `{"key":${JSON.stringify(key)},"value":${JSON.stringify(value)}}`);
}
