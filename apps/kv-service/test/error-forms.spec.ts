import { describe, expect, it } from '@jest/globals';
import { WireRefusal, type WireApi } from '@kvasir/http';
import {
  DataCorruptError,
  DiskFullError,
  JsonReadError,
  StoreClosedError,
  StoreFullError,
  WriteFailedError,
} from '@kvasir/kv-core';
import { KEYS_API } from '../src/apis/keys/keys.api.js';
import { KV_API } from '../src/apis/kv/kv.api.js';
import { RECORDS_API } from '../src/apis/records/records.api.js';
import { STORE_V1_API } from '../src/apis/store-v1/store-v1.api.js';

const DEEP = 'the body does not fit: too deep at byte 9';
const NO_JSON = 'the body does not fit: no value at byte 3';

interface Form {
  readonly api: WireApi;
  /** An error's body, given its text. */
  readonly form: (text: string, status: number) => unknown;
  /** What a body that is nested too deep, and one that is no JSON, are answered. */
  readonly deep: string;
  readonly noJson: readonly [status: number, body: unknown];
}

const records = (message: string) => ({ status: 'Error', message });
const store = (message: string) => ({ status: 'error', message });
const misfit = { loc: ['body', 3], msg: 'JSON decode error: no value at byte 3', type: 'json_invalid' };

const FORMS: readonly Form[] = [
  {
    api: KV_API,
    form: (text, status) => expect.objectContaining({ error: text, detail: text, status }),
    deep: DEEP,
    noJson: [400, expect.objectContaining({ error: NO_JSON })],
  },
  {
    api: KEYS_API,
    form: (text) => ({ detail: { success: false, error: text } }),
    deep: DEEP,
    noJson: [422, { detail: [misfit] }],
  },
  {
    api: RECORDS_API,
    form: records,
    deep: `${DEEP}. No changes were made`,
    noJson: [400, records('JSON Body is invalid. No changes were made')],
  },
  { api: STORE_V1_API, form: store, deep: DEEP, noJson: [422, store(NO_JSON)] },
];

describe.each(FORMS)('the error form of $api.name', ({ api, form, deep, noJson }) => {
  const answerOf = (error: unknown) => {
    const answer = api.errors.answer(error);
    return answer && [answer.status, JSON.parse(answer.body as string) as unknown];
  };

  it.each([
    ['a refusal of the seam', new WireRefusal(405, 'not allowed'), 405, 'not allowed'],
    ['the refusal behind an unexpected error', new WireRefusal(500, 'internal error'), 500, 'internal error'],
    ['a closed store', new StoreClosedError(), 503, 'the store is closed'],
    ['a failed write', new WriteFailedError('the sync failed'), 503, 'the sync failed'],
    ['a full store', new StoreFullError('no memory'), 507, 'no memory'],
    ['a full disk', new DiskFullError('no space'), 507, 'no space'],
    ['a body nested too deep', new JsonReadError('depth', 9, 'too deep'), 400, deep],
  ])('is that of %s', (_name, error, status, text) => {
    expect(answerOf(error)).toEqual([status, form(text, status)]);
  });

  it('has words of its own for a body that is no JSON', () => {
    expect(answerOf(new JsonReadError('syntax', 3, 'no value'))).toEqual(noJson);
  });

  it('says nothing of errors that are not for clients', () => {
    expect(answerOf(new Error('secret'))).toBeUndefined();
    expect(answerOf(new DataCorruptError('secret'))).toBeUndefined();
  });
});
