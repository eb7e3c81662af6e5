import type { HttpAnswer, HttpClient } from '@kvasir/test-harness';
import { textOfJsonText, trustJsonText } from '@kvasir/kv-core';
import { segmentOf } from './wire-errors.js';

/** One way to write and read keys over HTTP. */
export interface HttpApi {
  readonly name: string;
  /** Whether it takes JSON strings alone. */
  readonly stringsOnly: boolean;
  /** Writes a JSON text under a key. With write-once records the key must not be there. */
  write(http: HttpClient, key: string, text: string): Promise<HttpAnswer>;
  read(http: HttpClient, key: string): Promise<HttpAnswer>;
  /** The whole body of a read that finds the JSON text. */
  found(key: string, text: string): string;
  /** The status of a read that finds nothing. */
  readonly missing: number;
}

const json = (text: string) => JSON.stringify(text);

/** Every HTTP API of kv-service, each with its own way to do several operations at once. */
export const HTTP_APIS: readonly HttpApi[] = [
  {
    name: '/kv',
    stringsOnly: false,
    write: (http, key, text) => http.send('PUT', `/kv/${segmentOf(key)}`, { body: `{"value":${text}}` }),
    read: (http, key) => http.get(`/kv/${segmentOf(key)}`),
    found: (_key, text) => `{"value":${text}}`,
    missing: 404,
  },
  {
    name: '/kv/batch',
    stringsOnly: false,
    write: (http, key, text) =>
      http.send('POST', '/kv/batch', { body: `{"operations":[{"op":"set","key":${json(key)},"value":${text}}]}` }),
    read: (http, key) => http.send('POST', '/kv/batch', { body: `{"operations":[{"op":"get","key":${json(key)}}]}` }),
    found: (_key, text) => `{"success":true,"results":[{"value":${text}}]}`,
    missing: 200,
  },
  {
    name: '/keys',
    stringsOnly: false,
    write: (http, key, text) =>
      http.send('POST', `/keys/${segmentOf(key)}`, { body: `{"key":${json(key)},"value":${text}}` }),
    read: (http, key) => http.get(`/keys/${segmentOf(key)}`),
    found: (key, text) => `{"success":true,"key":${json(key)},"value":${text}}`,
    missing: 404,
  },
  {
    name: 'records',
    stringsOnly: false,
    write: (http, key, text) => http.send('PUT', `/${segmentOf(key)}`, { body: `{"value":${text}}` }),
    read: (http, key) => http.get(`/${segmentOf(key)}`),
    found: (key, text) => `{"key":${json(key)},"value":${text}}`,
    missing: 404,
  },
  {
    name: '/bulk',
    stringsOnly: false,
    write: (http, key, text) =>
      http.send('PUT', '/bulk', { body: `[{"method":"PUT","key":${json(key)},"value":${text}}]` }),
    read: (http, key) => http.send('PUT', '/bulk', { body: `[{"method":"GET","key":${json(key)}}]` }),
    found: (key, text) =>
      `{"status":"Success","message":"All operations completed. Changes saved.","details":[{"key":${json(key)},"value":${text}}]}`,
    missing: 400,
  },
  {
    name: '/api/v1/store',
    stringsOnly: true,
    write: (http, key, text) => http.send('POST', `/api/v1/store/${segmentOf(key)}`, { body: `{"value":${text}}` }),
    read: (http, key) => http.get(`/api/v1/store/${segmentOf(key)}`),
    found: (_key, text) => `{"status":"success","data":{"value":${json(textOfJsonText(trustJsonText(text)))}}}`,
    missing: 404,
  },
];
