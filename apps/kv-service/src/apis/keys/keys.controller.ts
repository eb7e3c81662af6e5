import { applyDecorators, Inject } from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  ApiUnprocessableEntityResponse,
} from '@nestjs/swagger';
import {
  ApiRefusals,
  BODY_REFUSALS,
  COMMON_REFUSALS,
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
  type WireRequest,
} from '@kvasir/http';
import type { RequestLimits } from '@kvasir/kv-core';
import { Access } from '../../access/access.js';
import { decodeKeyAndValue } from './keys-requests.js';
import { KEYS_API } from './keys.api.js';
import { BodyMisfitsDto, DeletedDto, KeysErrorDto, KeyAndValueDto, RetrievedDto, StoredDto } from './keys.dto.js';

const STORED_TEXT = '{"success":true,"message":"Value stored successfully"}';
const CREATED = new WireAnswer(201, STORED_TEXT);
const UPDATED = new WireAnswer(200, STORED_TEXT);
const DELETED = new WireAnswer(200, '{"success":true,"message":"Key deleted successfully"}');

const KeyParam = (): MethodDecorator => ApiParam({ name: 'key', type: String, example: 'user:1' });
const Refusals = (refusals = {}): MethodDecorator =>
  ApiRefusals(KEYS_API, KeysErrorDto, { ...COMMON_REFUSALS, ...refusals });
const NOT_FOUND = { 404: { when: 'The key is not there, or has expired.', text: notFoundText('user:1') } };

const WriteDocs = (): MethodDecorator =>
  applyDecorators(
    KeyParam(),
    ApiBody({ type: KeyAndValueDto }),
    ApiUnprocessableEntityResponse({
      type: BodyMisfitsDto,
      description: 'A member is missing or of another type, or the body is not JSON; nothing was changed.',
    }),
    Refusals({
      400: {
        when: 'The keys of path and body differ, or the key does not fit; nothing was changed.',
        text: mismatchText('user:1', 'user:2'),
      },
      ...BODY_REFUSALS,
      ...WRITE_REFUSALS,
    }),
  );

/** `/keys` (docs/contracts/keys.md): JSON values under keys that path and body both name. */
@ApiTags('keys')
@WireController('keys', KEYS_API)
export class KeysController {
  constructor(
    private readonly access: Access,
    @Inject(REQUEST_LIMITS) private readonly limits: RequestLimits,
  ) {}

  @WirePost(':key')
  @ApiOperation({ summary: 'Store a value', description: 'Overwrites; the key never expires.' })
  @ApiCreatedResponse({ type: StoredDto })
  @WriteDocs()
  async create(request: WireRequest): Promise<WireAnswer> {
    await this.write(request);
    return CREATED;
  }

  @WirePut(':key')
  @ApiOperation({ summary: 'Update a value', description: 'Creates a missing key; the key never expires.' })
  @ApiOkResponse({ type: StoredDto })
  @WriteDocs()
  async update(request: WireRequest): Promise<WireAnswer> {
    await this.write(request);
    return UPDATED;
  }

  @WireGet(':key')
  @ApiOperation({ summary: 'Retrieve a value' })
  @KeyParam()
  @ApiOkResponse({ type: RetrievedDto })
  @Refusals({ ...NOT_FOUND, ...READ_REFUSALS })
  async retrieve({ key, caller }: WireRequest): Promise<WireAnswer> {
    const entry = await this.access.storeFor(caller).get(key);
    if (entry === undefined) throw notFound(key);
    return new WireAnswer(200, `{"success":true,"key":${JSON.stringify(key)},"value":${entry.value}}`);
  }

  @WireDelete(':key')
  @ApiOperation({ summary: 'Delete a key' })
  @KeyParam()
  @ApiOkResponse({ type: DeletedDto })
  @Refusals({ ...NOT_FOUND, ...DELETE_REFUSALS })
  async delete({ key, caller }: WireRequest): Promise<WireAnswer> {
    const store = this.access.storeFor(caller);
    const { results } = await store.commit({ atomic: true, operations: [{ type: 'delete', key }] });
    if (results[0]?.status === 'failed') throw notFound(key);
    return DELETED;
  }

  private async write({ key, body, caller }: WireRequest): Promise<void> {
    const content = decodeKeyAndValue(body, this.limits);
    if (content.key !== key) throw new WireRefusal(400, mismatchText(key, content.key));
    const store = this.access.storeFor(caller);
    await store.commit({ atomic: true, operations: [{ type: 'set', key, value: content.value }] });
  }
}

function notFound(key: string): WireRefusal {
  return new WireRefusal(404, notFoundText(key));
}

function notFoundText(key: string): string {
  return `Key '${key}' not found`;
}

function mismatchText(pathKey: string, bodyKey: string): string {
  return `Key in path '${pathKey}' does not match key in body '${bodyKey}'`;
}
