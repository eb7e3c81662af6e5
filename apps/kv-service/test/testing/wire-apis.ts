import type { GrpcKvClient } from '@kvasir/client';
import type { HttpAnswer, HttpClient } from '@kvasir/test-harness';
import { textOfJsonText, trustJsonText } from '@kvasir/kv-core';
import { segmentOf } from './wire-errors.js';

/** The ways into one store. */
export interface Doors {
  /** kv-service's HTTP port. */
  readonly http: HttpClient;
  /** kv-service's gRPC port. */
  readonly rpc: GrpcKvClient;
  /** api-gateway, which takes {@link GATEWAY_KEY}. */
  readonly gateway: HttpClient;
}

/** The API key that the gateway is started with. */
export const GATEWAY_KEY = 'a-key-of-this-test';

/** What an API answered, for one comparison: its status, and the whole of its body or, over gRPC, the value. */
export type Said = readonly [status: number | string, text: string];

/** One way to write, read and remove keys. */
export interface WireApi {
  readonly name: string;
  /** Whether there is no way to name this key. */
  readonly refusesKey?: (key: string) => boolean;
  /** The JSON text that the store holds once this one was written; nothing when this API cannot write it. */
  stored(text: string): string | undefined;
  /** Writes a JSON text under a key, and tells whether that was done. With write-once records the key must not be there. */
  write(doors: Doors, key: string, text: string): Promise<boolean>;
  read(doors: Doors, key: string): Promise<Said>;
  /** What a read says that finds the JSON text. */
  found(key: string, text: string): Said;
  /** What a read says that finds nothing. */
  missing(key: string): Said;
  /** Removes a key that is there, and tells whether that was done. */
  remove(doors: Doors, key: string): Promise<boolean>;
}

const json = (text: string) => JSON.stringify(text);
const done = async (answer: Promise<HttpAnswer>) => (await answer).status < 300;
const said = async (answer: Promise<HttpAnswer>): Promise<Said> => {
  const { status, text } = await answer;
  return [status, text];
};

/** What a string API reads. */
const asString = (text: string) => textOfJsonText(trustJsonText(text));

const anyJson = (text: string) => text;
const anyString = (text: string) => (text.startsWith('"') ? text : undefined);
/** What travels as a string, not as JSON: it is well-formed Unicode, and how it was escaped is not kept. */
const decodedString = (text: string) => {
  const content: unknown = text.startsWith('"') ? JSON.parse(text) : undefined;
  return typeof content === 'string' && content.isWellFormed() ? json(content) : undefined;
};

const kvNotFound: Said = [
  404,
  '{"error":"key not found","type":"about:blank","title":"Not Found","status":404,"detail":"key not found"}',
];

const throughGateway = (method: string, path: string, { gateway }: Doors, body?: string) =>
  gateway.send(method, path, {
    headers: { 'x-api-key': GATEWAY_KEY, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  });

/** Every API there is, each with its own way to do several operations at once. */
export const WIRE_APIS: readonly WireApi[] = [
  {
    name: '/kv',
    stored: anyJson,
    write: ({ http }, key, text) => done(http.send('PUT', `/kv/${segmentOf(key)}`, { body: `{"value":${text}}` })),
    read: ({ http }, key) => said(http.get(`/kv/${segmentOf(key)}`)),
    found: (_key, text) => [200, `{"value":${text}}`],
    missing: () => kvNotFound,
    remove: ({ http }, key) => done(http.delete(`/kv/${segmentOf(key)}`)),
  },
  {
    name: '/kv/batch',
    stored: anyJson,
    write: ({ http }, key, text) =>
      done(
        http.send('POST', '/kv/batch', { body: `{"operations":[{"op":"set","key":${json(key)},"value":${text}}]}` }),
      ),
    read: ({ http }, key) =>
      said(http.send('POST', '/kv/batch', { body: `{"operations":[{"op":"get","key":${json(key)}}]}` })),
    found: (_key, text) => [200, `{"success":true,"results":[{"value":${text}}]}`],
    missing: () => [200, '{"success":true,"results":[{"error":"key not found"}]}'],
    remove: async ({ http }, key) =>
      (await http.post('/kv/batch', { operations: [{ op: 'delete', key }] })).text ===
      '{"success":true,"results":[{"success":true}]}',
  },
  {
    name: '/keys',
    stored: anyJson,
    write: ({ http }, key, text) =>
      done(http.send('POST', `/keys/${segmentOf(key)}`, { body: `{"key":${json(key)},"value":${text}}` })),
    read: ({ http }, key) => said(http.get(`/keys/${segmentOf(key)}`)),
    found: (key, text) => [200, `{"success":true,"key":${json(key)},"value":${text}}`],
    missing: (key) => [404, `{"detail":{"success":false,"error":${json(`Key '${key}' not found`)}}}`],
    remove: ({ http }, key) => done(http.delete(`/keys/${segmentOf(key)}`)),
  },
  {
    name: 'records',
    stored: anyJson,
    write: ({ http }, key, text) => done(http.send('PUT', `/${segmentOf(key)}`, { body: `{"value":${text}}` })),
    read: ({ http }, key) => said(http.get(`/${segmentOf(key)}`)),
    found: (key, text) => [200, `{"key":${json(key)},"value":${text}}`],
    missing: (key) => [404, `{"status":"Error","message":${json(`Record with the key '${key}' not found`)}}`],
    remove: ({ http }, key) => done(http.delete(`/${segmentOf(key)}`)),
  },
  {
    name: '/bulk',
    // A name with a dot in front is reserved where nothing is percent-encoded (docs/contracts/records.md).
    refusesKey: (key) => key.startsWith('.'),
    stored: anyJson,
    write: ({ http }, key, text) =>
      done(http.send('PUT', '/bulk', { body: `[{"method":"PUT","key":${json(key)},"value":${text}}]` })),
    read: ({ http }, key) => said(http.send('PUT', '/bulk', { body: `[{"method":"GET","key":${json(key)}}]` })),
    found: (key, text) => [
      200,
      `{"status":"Success","message":"All operations completed. Changes saved.","details":[{"key":${json(key)},"value":${text}}]}`,
    ],
    missing: (key) => [
      400,
      `{"status":"Error","message":"Not all operations were correct. No changes were made.","details":[{"key":${json(key)},"result":${json(`Record with the key '${key}' does not exists`)}}]}`,
    ],
    remove: ({ http }, key) => done(http.put('/bulk', [{ method: 'DELETE', key }])),
  },
  {
    name: '/api/v1/store',
    stored: anyString,
    write: ({ http }, key, text) =>
      done(http.send('POST', `/api/v1/store/${segmentOf(key)}`, { body: `{"value":${text}}` })),
    read: ({ http }, key) => said(http.get(`/api/v1/store/${segmentOf(key)}`)),
    found: (_key, text) => [200, `{"status":"success","data":{"value":${json(asString(text))}}}`],
    missing: (key) => [404, `{"status":"error","message":${json(`Key '${key}' not found`)}}`],
    remove: ({ http }, key) => done(http.delete(`/api/v1/store/${segmentOf(key)}`)),
  },
  {
    name: 'gRPC',
    stored: decodedString,
    write: async ({ rpc }, key, text) => {
      await rpc.set(key, JSON.parse(text) as string);
      return true;
    },
    read: async ({ rpc }, key) => {
      const value = await rpc.get(key);
      return value === undefined ? ['not found', ''] : ['found', value];
    },
    found: (_key, text) => ['found', asString(text)],
    missing: () => ['not found', ''],
    remove: async ({ rpc }, key) => {
      await rpc.delete(key);
      return true;
    },
  },
  {
    name: 'the gateway',
    stored: decodedString,
    write: (doors, key, text) =>
      done(throughGateway('PUT', '/v1/values', doors, `{"key":${json(key)},"value":${text}}`)),
    read: (doors, key) => said(throughGateway('GET', `/v1/values/${segmentOf(key)}`, doors)),
    found: (key, text) => [200, `{"key":${json(key)},"value":${json(asString(text))}}`],
    missing: () => [404, '{"error":"Key not found"}'],
    remove: (doors, key) => done(throughGateway('DELETE', `/v1/values/${segmentOf(key)}`, doors)),
  },
];
