import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { useTestServices } from '@kvasir/test-harness';

const services = useTestServices();

describe('a stop', () => {
  it('is ended at once by a second signal, with status 1', async () => {
    const service = await services.start({ env: { SHUTDOWN_DELAY_MS: '3000' } });
    const stopped = service.stop();
    await service.logLine(({ msg }) => msg === 'kv-service stops');
    process.kill(service.pid, 'SIGINT');
    const exit = await stopped;
    expect(exit.code).toBe(1);
    expect(exit.ms).toBeLessThan(2000);
    expect(service.logLines.at(-1)).toMatchObject({ level: 40, msg: 'a second signal: kv-service ends at once' });
  });

  it('that takes longer than SHUTDOWN_TIMEOUT_MS ends then, with status 1', async () => {
    // Holds the process up in the midst of its stop.
    const module = `
      const { setInterval, clearInterval } = globalThis;
      globalThis.clearInterval = (timer) => { if (globalThis.stuck) for (;;) { if (performance.now() > globalThis.stuck) break; } clearInterval(timer); };
      process.on('SIGTERM', () => { globalThis.stuck = performance.now() + 1500; });`;
    const service = await services.start({
      env: { SHUTDOWN_TIMEOUT_MS: '1000', STORE: 'memory' },
      nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(module)}`],
    });
    const halfRequest = connect({ port: service.port, host: '127.0.0.1' });
    halfRequest.on('error', () => undefined);
    await new Promise<void>((resolve) => halfRequest.write('GET /kv', () => resolve()));
    const exit = await service.stop();
    halfRequest.destroy();
    expect(exit.code).toBe(1);
    expect(service.logLines.at(-1)).toMatchObject({
      level: 50,
      msg: 'kv-service did not stop in time and ends at once',
    });
  });
});

describe('an error that nobody caught', () => {
  it.each([
    ['an exception', 'setImmediate(() => { throw new Error("boom"); })'],
    ['a rejection', 'void Promise.reject(new Error("boom"))'],
  ])('is logged as fatal and ends the process, with status 1: %s', async (_, statement) => {
    const module = `process.on('SIGUSR2', () => { ${statement} });`;
    const service = await services.start({
      nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(module)}`],
    });
    await service.http.put('/kv/k', { value: 1 });
    process.kill(service.pid, 'SIGUSR2');
    const exit = await service.exited;
    expect([exit.code, exit.stderr]).toEqual([1, '']);
    expect(service.logLines.at(-1)).toMatchObject({
      level: 60,
      msg: 'kv-service failed unexpectedly and ends',
      err: { message: 'boom', stack: expect.stringContaining('boom') },
    });
    const again = await services.start({ directory: service.directory });
    expect((await again.http.get('/kv')).json()).toEqual({ keys: ['k'] });
  });
});

describe('a start that fails', () => {
  it.each([
    ['PORT', 'PORT or --port'],
    ['GRPC_PORT', 'GRPC_PORT or --grpc-port (0 turns gRPC off)'],
  ])('names the port of %s that is taken and what to do, on one line without a stack', async (variable, settings) => {
    const first = await services.start();
    const { port } = first;
    const exit = await services.run({ env: { [variable]: String(port) } });
    expect([exit.code, exit.stderr]).toEqual([1, '']);
    const lines = exit.stdout.trimEnd().split('\n');
    // Nobody else says it, too.
    expect(lines.map((line) => JSON.parse(line) as { level: number }).filter(({ level }) => level > 40)).toEqual([
      {
        level: 60,
        time: expect.any(String),
        msg: `kv-service cannot start: port ${port} of 127.0.0.1 is in use already: stop what listens there, or choose another one with ${settings}`,
      },
    ]);
  });
});
