import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { TestServices, useTestServices } from './test-services.js';

const services = useTestServices();

describe('TestServices', () => {
  it('starts a service on a free port, stops it, and starts another over the same directory', async () => {
    const first = await services.start();
    expect(await first.http.put('/kv/a%2Fb', { value: 1 })).toMatchObject({ status: 200, text: '{"success":true}' });
    expect(await first.stop()).toMatchObject({ code: 0, signal: null, stderr: '' });

    const second = await services.start({ directory: first.directory });
    const answer = await second.http.get('/kv/a%2Fb');
    expect(answer.json()).toEqual({ value: 1 });
    expect(await second.kill()).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  it('says what a service said that does not start', async () => {
    await expect(services.start({ env: { PORT: 'eighty' } })).rejects.toThrow(
      /^kv-service ended with status 1 before it was ready:\nPORT is "eighty"/,
    );
  });

  it('says so when an app has not been built', async () => {
    await expect(services.start({ app: 'no-such-app' })).rejects.toThrow(/no-such-app.*run `npm run build` first/);
  });

  it('waits for a log line that is there or still to come', async () => {
    const service = await services.start();
    await expect(service.logLine(({ msg }) => msg === 'kv-service is ready')).resolves.toBe(service.listening);
    const stopped = service.logLine(({ msg }) => msg === 'kv-service has stopped');
    await service.stop();
    await expect(stopped).resolves.toMatchObject({ msg: 'kv-service has stopped' });
    await expect(service.logLine(() => false, 1)).rejects.toThrow(/^no such line was logged:\n\{/);
  });

  it('leaves no process and no directory behind', async () => {
    const own = new TestServices();
    const service = await own.start();
    await own.cleanUp();
    expect(await service.exited).toMatchObject({ signal: 'SIGKILL' });
    expect(existsSync(service.directory)).toBe(false);
  });
});
