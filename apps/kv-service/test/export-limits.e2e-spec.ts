import { describe, expect, it } from '@jest/globals';
import { RawConnection, useTestServices } from '@kvasir/test-harness';

const services = useTestServices();
const KEY = 's3cret';

/** 40 MB: many times what the buffers of a connection and one step of an export take while nobody reads. */
const BATCHES = 50;
const BATCH_ENTRIES = 80;
const VALUE_BYTES = 10_000;
/** Room for all entries, and for a fifth of them a second time. */
const MAX_MEMORY_BYTES = String(1.2 * BATCHES * BATCH_ENTRIES * VALUE_BYTES);

describe('an export that is read slowly while writes go on', () => {
  it('is cut off when memory does not hold both: one warning that says so, and a 507 in /metrics', async () => {
    const service = await services.start({ env: { ADMIN_KEY: KEY, MAX_MEMORY_BYTES, FSYNC: 'never' } });
    const { http } = service;
    const putAll = async (letter: string): Promise<void> => {
      for (let batch = 0; batch < BATCHES; batch++) {
        const operations = Array.from({ length: BATCH_ENTRIES }, (_, i) => ({
          op: 'set',
          key: `key-${batch}-${i}`,
          value: letter.repeat(VALUE_BYTES),
        }));
        // oxlint-disable-next-line no-await-in-loop -- in order, so that memory grows step by step
        expect((await http.post('/kv/batch', { operations })).status).toBe(200);
      }
    };
    await putAll('a');
    const connection = await RawConnection.open(service.port);
    await connection.send(`GET /admin/export HTTP/1.1\r\nHost: a\r\nx-api-key: ${KEY}\r\nConnection: close\r\n\r\n`);
    await connection.received(1);
    connection.socket.pause();
    await putAll('b');
    connection.socket.resume();
    await connection.closed;
    expect([connection.rest.slice(0, 13), connection.rest.endsWith('\r\n0\r\n\r\n')]).toEqual(['HTTP/1.1 200 ', false]);

    const warning = await service.logLine(({ msg }) => msg.startsWith('an answer was cut short'));
    expect(warning).toMatchObject({
      level: 40,
      path: '/admin/export',
      msg: expect.stringContaining('the snapshot was given up'),
    });
    expect(service.logLines.filter(({ msg }) => msg.startsWith('an answer was cut short'))).toHaveLength(1);
    expect(service.logLines.filter(({ level }) => level >= 50)).toEqual([]);
    const exports = (await http.get('/metrics')).text
      .split('\n')
      .filter((line) => line.startsWith('kvasir_http_requests_total{') && line.includes('/admin/export'));
    expect(exports).toEqual([expect.stringMatching(/status="507"\} 1$/)]);
  });
});
