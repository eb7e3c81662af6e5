import { Inject } from '@nestjs/common';
import {
  ApiBody,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import {
  DELETE_REFUSALS,
  listBody,
  ProblemDto,
  READ_REFUSALS,
  REQUEST_LIMITS,
  WireAnswer,
  WireController,
  WireDelete,
  WireGet,
  WirePost,
  WirePut,
  WireRefusal,
  type WireRequest,
} from '@kvasir/http';
import type { Operation, OperationResult, RequestLimits } from '@kvasir/kv-core';
import { Access } from '../../access/access.js';
import { listingBody } from './kv-listing.js';
import { decodeBatch, decodePut } from './kv-requests.js';
import { KV_API } from './kv.api.js';
import { BATCH_REFUSALS, LIST_REFUSALS, PUT_REFUSALS, Refusals } from './kv.docs.js';
import { BatchDto, BatchResultsDto, KeyListDto, PutDto, SuccessDto, ValueDto } from './kv.dto.js';

const SUCCESS_TEXT = '{"success":true}';
const NOT_FOUND_TEXT = 'key not found';
const SUCCESS = new WireAnswer(200, SUCCESS_TEXT);

/** `/kv` (docs/contracts/kv.md): JSON values under keys, with a TTL in seconds, batches and listings by prefix. */
@ApiTags('kv')
@WireController('kv', KV_API)
export class KvController {
  constructor(
    private readonly access: Access,
    @Inject(REQUEST_LIMITS) private readonly limits: RequestLimits,
  ) {}

  @WireGet()
  @ApiOperation({ summary: 'List keys', description: 'In byte order of the key. Long listings are streamed.' })
  @ApiQuery({
    name: 'prefix',
    type: String,
    required: false,
    description: 'Only keys that start with it; case-sensitive.',
    example: 'user:',
  })
  @ApiOkResponse({ type: KeyListDto })
  @Refusals(LIST_REFUSALS)
  async list(request: WireRequest): Promise<WireAnswer> {
    const body = await listingBody(this.access.storeFor(request.caller), request.query.get('prefix') ?? '');
    return new WireAnswer(200, body, { 'Cache-Control': 'no-store' });
  }

  @WireGet(':key')
  @ApiOperation({ summary: 'Read a key' })
  @ApiParam({ name: 'key', type: String, example: 'user:1' })
  @ApiOkResponse({ type: ValueDto })
  @ApiNotFoundResponse({ type: ProblemDto, description: 'The key is not there, or has expired.' })
  @Refusals(READ_REFUSALS)
  async get(request: WireRequest): Promise<WireAnswer> {
    const entry = await this.access.storeFor(request.caller).get(request.key);
    if (entry === undefined) throw new WireRefusal(404, NOT_FOUND_TEXT);
    return new WireAnswer(200, `{"value":${entry.value}}`);
  }

  @WirePut(':key')
  @ApiOperation({
    summary: 'Write a key',
    description: 'Overwrites value and TTL both. The answer comes once the write is durable.',
  })
  @ApiParam({ name: 'key', type: String, example: 'user:1' })
  @ApiBody({ type: PutDto })
  @ApiOkResponse({ type: SuccessDto })
  @Refusals(PUT_REFUSALS)
  async put(request: WireRequest): Promise<WireAnswer> {
    const { value, ttlMs } = decodePut(request.body, this.limits);
    await this.commit(request, [{ type: 'set', key: request.key, value, ttlMs }]);
    return SUCCESS;
  }

  @WireDelete(':key')
  @ApiOperation({ summary: 'Delete a key' })
  @ApiParam({ name: 'key', type: String, example: 'user:1' })
  @ApiOkResponse({ type: SuccessDto })
  @ApiNotFoundResponse({ type: ProblemDto, description: 'The key is not there, or has expired.' })
  @Refusals(DELETE_REFUSALS)
  async delete(request: WireRequest): Promise<WireAnswer> {
    const [result] = await this.commit(request, [{ type: 'delete', key: request.key }]);
    if (result?.status === 'failed') throw new WireRefusal(404, NOT_FOUND_TEXT);
    return SUCCESS;
  }

  @WirePost('batch')
  @ApiOperation({
    summary: 'Do several operations in order',
    description:
      'Each stands for itself: one that fails does not stop the others. No other write comes between two of them.',
  })
  @ApiBody({ type: BatchDto })
  @ApiOkResponse({ type: BatchResultsDto })
  @Refusals(BATCH_REFUSALS)
  async batch(request: WireRequest): Promise<WireAnswer> {
    const results = await this.commit(request, decodeBatch(request.body, this.limits));
    return new WireAnswer(200, listBody('{"success":true,"results":[', results.map(resultText), ']}'));
  }

  private async commit({ caller }: WireRequest, operations: readonly Operation[]): Promise<readonly OperationResult[]> {
    const { results } = await this.access.storeFor(caller).commit({ atomic: false, operations });
    return results;
  }
}

function resultText(result: OperationResult): string {
  if (result.status === 'got') return `{"value":${result.entry.value}}`;
  return result.status === 'failed' ? `{"error":"${NOT_FOUND_TEXT}"}` : SUCCESS_TEXT;
}
