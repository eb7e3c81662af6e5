import { Inject } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  BODY_REFUSALS,
  DELETE_REFUSALS,
  READ_REFUSALS,
  REQUEST_LIMITS,
  WireAnswer,
  WireController,
  WireDelete,
  WireGet,
  WirePost,
  WirePut,
  WireRefusal,
  WRITE_REFUSALS,
  type Caller,
  type WireRequest,
} from '@kvasir/http';
import { textOfJsonText, type Operation, type OperationResult, type RequestLimits } from '@kvasir/kv-core';
import { Access } from '../../access/access.js';
import { decodeIncrement, decodeValue } from './store-v1-requests.js';
import { STORE_V1_API } from './store-v1.api.js';
import { NOT_FOUND, StoreRouteDocs } from './store-v1.docs.js';
import { ExistsDto, IncrementDto, MessageDto, NewValueDto, SetValueDto, ValueTextDto } from './store-v1.dto.js';

const NOT_AN_INTEGER_TEXT = 'Value is not an integer and cannot be incremented';
const OUT_OF_RANGE_TEXT = 'Result is out of range';

const SET = success(201, '{"message":"Value set successfully"}');
const DELETED = success(200, '{"message":"Key deleted successfully"}');

/** `/api/v1/store` (docs/contracts/store.md): strings under keys, and counters. */
@ApiTags('store')
@WireController('api/v1/store', STORE_V1_API)
export class StoreV1Controller {
  constructor(
    private readonly access: Access,
    @Inject(REQUEST_LIMITS) private readonly limits: RequestLimits,
  ) {}

  @WirePost(':key')
  @ApiOperation({ summary: 'Set a string', description: 'Overwrites, and removes a TTL.' })
  @ApiBody({ type: SetValueDto })
  @StoreRouteDocs(
    201,
    MessageDto,
    { message: 'Value set successfully' },
    {
      422: { when: 'The body does not fit; nothing was changed.', text: "'value' is 5; it is a string" },
      ...BODY_REFUSALS,
      ...WRITE_REFUSALS,
    },
  )
  async set({ key, body, caller }: WireRequest): Promise<WireAnswer> {
    await this.commit(caller, { type: 'set', key, value: decodeValue(body, this.limits) });
    return SET;
  }

  @WireGet(':key')
  @ApiOperation({ summary: 'Read a string', description: 'A value that is no string is given as its JSON text.' })
  @StoreRouteDocs(200, ValueTextDto, { value: '5' }, { ...NOT_FOUND, ...READ_REFUSALS })
  async get({ key, caller }: WireRequest): Promise<WireAnswer> {
    const entry = await this.access.storeFor(caller).get(key);
    if (entry === undefined) throw notFound(key);
    return success(200, `{"value":${JSON.stringify(textOfJsonText(entry.value))}}`);
  }

  @WireGet(':key/exists')
  @ApiOperation({ summary: 'Ask whether a key is there' })
  @StoreRouteDocs(200, ExistsDto, { exists: true }, READ_REFUSALS)
  async exists({ key, caller }: WireRequest): Promise<WireAnswer> {
    const entry = await this.access.storeFor(caller).get(key);
    return success(200, `{"exists":${entry !== undefined}}`);
  }

  @WireDelete(':key')
  @ApiOperation({ summary: 'Delete a key', description: 'The same answer when the key is not there.' })
  @StoreRouteDocs(200, MessageDto, { message: 'Key deleted successfully' }, DELETE_REFUSALS)
  async delete({ key, caller }: WireRequest): Promise<WireAnswer> {
    await this.commit(caller, { type: 'delete', key, allowMissing: true });
    return DELETED;
  }

  @WirePut(':key/increment')
  @ApiOperation({
    summary: 'Add to an integer',
    description: 'Atomic and exact to 64 bits. A string of digits stays a string, a number a number; the TTL stays.',
  })
  @ApiBody({ type: IncrementDto })
  @StoreRouteDocs(
    200,
    NewValueDto,
    { new_value: 8 },
    {
      400: {
        when: 'The value is not an integer, the sum does not fit 64 bits, or the key does not fit; nothing was changed.',
        text: NOT_AN_INTEGER_TEXT,
      },
      422: {
        when: 'The increment is missing, no integer, or does not fit 64 bits; nothing was changed.',
        text: "'increment' is 1.5; it is an integer of 64 bits, written as an optional minus and digits",
      },
      ...NOT_FOUND,
      ...BODY_REFUSALS,
      ...WRITE_REFUSALS,
    },
  )
  async increment({ key, body, caller }: WireRequest): Promise<WireAnswer> {
    const result = await this.commit(caller, { type: 'increment', key, by: decodeIncrement(body, this.limits) });
    if (result?.status === 'incremented') return success(200, `{"new_value":${result.value}}`);
    const reason = result?.status === 'failed' ? result.reason : undefined;
    if (reason === 'KEY_NOT_FOUND') throw notFound(key);
    throw new WireRefusal(400, reason === 'OUT_OF_RANGE' ? OUT_OF_RANGE_TEXT : NOT_AN_INTEGER_TEXT);
  }

  private async commit(caller: Caller, operation: Operation): Promise<OperationResult | undefined> {
    const { results } = await this.access.storeFor(caller).commit({ atomic: true, operations: [operation] });
    return results[0];
  }
}

function success(status: number, data: string): WireAnswer {
  return new WireAnswer(status, `{"status":"success","data":${data}}`);
}

function notFound(key: string): WireRefusal {
  return new WireRefusal(404, `Key '${key}' not found`);
}
