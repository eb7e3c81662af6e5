import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSync } from '@grpc/proto-loader';
import { describe, expect, it } from '@jest/globals';
import { KEY_VALUE_PACKAGE, KEY_VALUE_SERVICE, maxMessageBytes } from './key-value-service.js';

const inRepository = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

function filesOf(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

describe('the contracts', () => {
  it('are in step with what `npm run contracts` makes of the .proto file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'kvasir-contracts-'));
    try {
      execFileSync(process.execPath, [inRepository('tools/generate-contracts.mjs'), directory]);
      expect(filesOf(inRepository('libs/contracts/src/generated'))).toEqual(filesOf(directory));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('describe to reflection what the .proto file says', () => {
    const fromFile = loadSync(inRepository('libs/contracts/proto/keyvalue.proto'));
    const descriptors = (definition: typeof fromFile): unknown =>
      Object.entries(definition).map(([name, { fileDescriptorProtos }]) => [name, fileDescriptorProtos]);
    expect(descriptors(KEY_VALUE_PACKAGE)).toEqual(descriptors(fromFile));
  });

  it('keep the numbers that clients know', () => {
    const { Get, Set, Delete, Health } = KEY_VALUE_SERVICE;
    expect([Get.path, Set.path, Delete.path, Health.path]).toEqual([
      '/keyvalue.KeyValueService/Get',
      '/keyvalue.KeyValueService/Set',
      '/keyvalue.KeyValueService/Delete',
      '/keyvalue.KeyValueService/Health',
    ]);
    const hex = (bytes: Buffer): string => bytes.toString('hex');
    expect(hex(Get.requestSerialize({ key: 'k' }))).toBe('0a016b');
    expect(hex(Get.responseSerialize({ value: 'v', found: true, error: 'e' }))).toBe('0a017610011a0165');
    expect(hex(Set.requestSerialize({ key: 'k', value: 'v' }))).toBe('0a016b120176');
    expect(hex(Set.responseSerialize({ success: true, error: 'e' }))).toBe('0801120165');
    expect(hex(Delete.requestSerialize({ key: 'k' }))).toBe('0a016b');
    expect(hex(Delete.responseSerialize({ success: true, error: 'e' }))).toBe('0801120165');
    expect(hex(Health.requestSerialize({}))).toBe('');
    expect(hex(Health.responseSerialize({ status: 'healthy', timestamp: 1 }))).toBe('0a076865616c7468791001');
    expect(Health.responseDeserialize(Buffer.from('10808080800c', 'hex')).timestamp).toBe(3_221_225_472);
  });

  it('leave a message room for the longest body and 64 KiB', () => {
    expect(maxMessageBytes(1_048_576)).toBe(1_114_112);
  });
});
