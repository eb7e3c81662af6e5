import type { ServiceProcess } from '@kvasir/test-harness';
import { logLines } from './log-file.js';

/** What the records API answers: the bodies, or status and body (contracts/records.md). */
export const success = (message: string) => ({ status: 'Success', message });
export const error = (message: unknown) => ({ status: 'Error', message });
export const added = (key: string) => [200, success(`Record with the key '${key}' was made successfully`)];
export const deleted = (key: string) => [200, success(`Record with the key '${key}' deleted`)];
export const notFound = (key: string) => [404, error(`Record with the key '${key}' not found`)];
export const exists = (key: string) => [
  400,
  error(`Record with the key '${key}' already exists and can not be modified`),
];
export const reserved = (key: string) => [400, error(`'${key}' is a reserved name`)];
export const unchanged = (problem: string) => [400, error(`${problem}. No changes were made`)];

/** Calls of one spec file's service. */
export function recordCalls(service: () => ServiceProcess) {
  let lastKey = 0;
  return {
    /** A key that no other test of the file has. */
    newKey: (): string => `record-${++lastKey}`,
    put: (key: string, body: string) => service().http.send('PUT', `/${key}`, { body }),
    bulk: (body: string) => service().http.send('PUT', '/bulk', { body }),
    /** The log's lines. */
    lines: () => logLines(service().directory).map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
