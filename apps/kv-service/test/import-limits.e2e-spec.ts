import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices, type HttpAnswer, type ServiceProcess } from '@kvasir/test-harness';
import { diskFault, type DiskFault } from './testing/disk-fault.js';
import { contentsOf, expectProblem } from './testing/expectations.js';

const services = useTestServices();
const KEY = 's3cret';
const AUTH = { 'x-api-key': KEY };
const MEBIBYTE = 1_048_576;

function importInto({ http }: ServiceProcess, mode: string, body: string): Promise<HttpAnswer> {
  const headers = { ...AUTH, 'Content-Type': 'application/x-ndjson' };
  return http.send('POST', `/admin/import?mode=${mode}`, { headers, body });
}

/** A backup of some 2 MB: 20 keys. */
async function someBackup(): Promise<string> {
  const { http } = await services.start({ env: { ADMIN_KEY: KEY, STORE: 'memory' } });
  for (let i = 0; i < 20; i++) await http.put(`/kv/restored-${i}`, { value: 'x'.repeat(100_000) });
  return (await http.send('GET', '/admin/export', { headers: AUTH })).text;
}

describe('an import for which there is no room', () => {
  let backup: string;
  beforeAll(async () => {
    backup = await someBackup();
  });

  it('in memory is a 507: beside what is there, which it replaces only at the end', async () => {
    const service = await services.start({ env: { ADMIN_KEY: KEY, MAX_MEMORY_BYTES: '3000000' } });
    const { http } = service;
    for (let i = 0; i < 15; i++) await http.put(`/kv/old-${i}`, { value: 'y'.repeat(100_000) });
    const before = await contentsOf(http);
    expectProblem(await importInto(service, 'replace', backup), 507, /does not fit beside what is there.*3000000/);
    expect(await contentsOf(http)).toEqual(before);
    for (let i = 5; i < 15; i++) await http.delete(`/kv/old-${i}`);
    expect((await importInto(service, 'replace', backup)).status).toBe(200);
    expect((await contentsOf(http)).keys).toHaveLength(20);
    await service.kill();
    const again = await services.start({ directory: service.directory });
    expect((await contentsOf(again.http)).keys).toHaveLength(20);
  });

  describe.each(['replace', 'merge'])('on the disk is a 507 that changes nothing (%s)', (mode) => {
    it.each([
      ['a write finds none', (disk: DiskFault) => disk.fill(10_000)],
      ['less is left than other writes may need', (disk: DiskFault) => disk.leave(15 * MEBIBYTE)],
    ])('when %s', async (_when, fault) => {
      const disk = diskFault(services.directory());
      const service = await services.start({ env: { ADMIN_KEY: KEY }, nodeFlags: disk.nodeFlags });
      const { http } = service;
      await http.put('/kv/old', { value: 1 });
      const before = await contentsOf(http);
      fault(disk);
      expectProblem(await importInto(service, mode, backup), 507, /full|no room/);
      expect(await contentsOf(http)).toEqual(before);
      expect((await http.put('/kv/new', { value: 1 })).status).toBe(200);
      disk.free();
      expect((await importInto(service, mode, backup)).status).toBe(200);
      await service.kill();
      const again = await services.start({ directory: service.directory });
      expect((await contentsOf(again.http)).keys).toHaveLength(mode === 'merge' ? 22 : 20);
    });
  });
});
