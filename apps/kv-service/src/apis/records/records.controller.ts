import { Inject } from '@nestjs/common';
import { ApiBadRequestResponse, ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import {
  ApiRefusals,
  BODY_REFUSALS,
  COMMON_REFUSALS,
  DELETE_REFUSALS,
  READ_REFUSALS,
  REQUEST_LIMITS,
  STORE_REFUSALS,
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
import type { Operation, RequestLimits, TransactionResult } from '@kvasir/kv-core';
import { Access } from '../../access/access.js';
import { bulkAnswer, existsText } from './bulk-answer.js';
import { RECORDS_OPTIONS, type RecordsOptions } from './records-options.js';
import { decodeBulk, decodeRecord, writeOnce } from './records-requests.js';
import { RECORDS_API } from './records.api.js';
import {
  BulkDoneDto,
  BulkErrorDto,
  BulkOperationDto,
  RecordDoneDto,
  RecordDto,
  RecordErrorDto,
  RecordValueDto,
} from './records.dto.js';
import { reservedRefusal } from './reserved-names.js';

const BULK_EXAMPLES = {
  bulk: {
    summary: 'Add, read and delete',
    value: [
      { method: 'PUT', key: 'note-1', value: { title: 'Minutes' }, tll: 30 },
      { method: 'GET', key: 'note-1' },
      { method: 'DELETE', key: 'note-1' },
    ],
  },
};

const KeyParam = (): MethodDecorator =>
  ApiParam({
    name: 'key',
    type: String,
    description: 'Not a reserved name, such as `kv` or `docs`.',
    example: 'note-1',
  });
const Refusals = (refusals: RefusalDocs = {}): MethodDecorator =>
  ApiRefusals(RECORDS_API, RecordErrorDto, {
    ...COMMON_REFUSALS,
    400: { when: 'The key does not fit, or is a reserved name.', text: "'kv' is a reserved name" },
    ...refusals,
  });
const NOT_FOUND = { 404: { when: 'The record is not there, or its time is over.', text: notFoundText('note-1') } };

/** Records (docs/contracts/records.md): added and deleted, never changed, with a time to live in minutes. */
@ApiTags('records')
@WireController('', RECORDS_API)
export class RecordsController {
  constructor(
    private readonly access: Access,
    @Inject(REQUEST_LIMITS) private readonly limits: RequestLimits,
    @Inject(RECORDS_OPTIONS) private readonly options: RecordsOptions,
  ) {}

  @WirePut('bulk')
  @ApiOperation({
    summary: 'Do several operations as one',
    description: 'In order; a later operation sees the earlier ones. When one fails, nothing is changed.',
  })
  @ApiBody({ type: [BulkOperationDto], examples: BULK_EXAMPLES })
  @ApiOkResponse({ type: BulkDoneDto })
  @ApiBadRequestResponse({
    type: BulkErrorDto,
    description: 'An operation failed, or the body does not fit; nothing was changed.',
    example: {
      status: 'Error',
      message: 'Not all operations were correct. No changes were made.',
      details: [{ key: 'note-1', result: existsText('note-1') }],
    },
  })
  @ApiRefusals(RECORDS_API, RecordErrorDto, { ...STORE_REFUSALS, ...BODY_REFUSALS, ...WRITE_REFUSALS })
  async bulk(request: WireRequest): Promise<WireAnswer> {
    const operations = decodeBulk(request.body, this.limits, this.options);
    return bulkAnswer(operations, await this.commit(request, operations));
  }

  @WirePut(':key')
  @ApiOperation({ summary: 'Add a record', description: 'Refused when there is one: records are written once.' })
  @KeyParam()
  @ApiBody({ type: RecordDto })
  @ApiOkResponse({ type: RecordDoneDto })
  @Refusals({
    400: {
      when: 'The record is there already, or the body or the key does not fit; nothing was changed.',
      text: existsText('note-1'),
    },
    ...BODY_REFUSALS,
    ...WRITE_REFUSALS,
  })
  async add(request: WireRequest): Promise<WireAnswer> {
    const key = recordKey(request);
    const record = decodeRecord(request.body, this.limits, this.options);
    const { committed } = await this.commit(request, [writeOnce(key, record)]);
    if (!committed) throw new WireRefusal(400, existsText(key));
    return done(`Record with the key '${key}' was made successfully`);
  }

  @WireGet(':key')
  @ApiOperation({ summary: 'Read a record' })
  @KeyParam()
  @ApiOkResponse({ type: RecordValueDto })
  @Refusals({ ...NOT_FOUND, ...READ_REFUSALS })
  async get(request: WireRequest): Promise<WireAnswer> {
    const key = recordKey(request);
    const entry = await this.access.storeFor(request.caller).get(key);
    if (entry === undefined) throw new WireRefusal(404, notFoundText(key));
    return new WireAnswer(200, `{"key":${JSON.stringify(key)},"value":${entry.value}}`);
  }

  @WireDelete(':key')
  @ApiOperation({ summary: 'Delete a record' })
  @KeyParam()
  @ApiOkResponse({
    type: RecordDoneDto,
    example: { status: 'Success', message: "Record with the key 'note-1' deleted" },
  })
  @Refusals({ ...NOT_FOUND, ...DELETE_REFUSALS })
  async delete(request: WireRequest): Promise<WireAnswer> {
    const key = recordKey(request);
    const { committed } = await this.commit(request, [{ type: 'delete', key }]);
    if (!committed) throw new WireRefusal(404, notFoundText(key));
    return done(`Record with the key '${key}' deleted`);
  }

  private commit({ caller }: WireRequest, operations: readonly Operation[]): Promise<TransactionResult> {
    return this.access.storeFor(caller).commit({ atomic: true, operations });
  }
}

/** @throws WireRefusal 400 for a reserved name */
function recordKey(request: WireRequest): string {
  const refusal = reservedRefusal(request.key, request.rawParam('key'));
  if (refusal !== undefined) throw refusal;
  return request.key;
}

function done(message: string): WireAnswer {
  return new WireAnswer(200, JSON.stringify({ status: 'Success', message }));
}

function notFoundText(key: string): string {
  return `Record with the key '${key}' not found`;
}
