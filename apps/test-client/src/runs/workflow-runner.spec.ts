import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { useRawServers, type RawRequest } from '@kvasir/test-harness';
import { KeysStore, keysHandler } from '../testing/keys-server.js';
import { LIES } from '../testing/lies.js';
import { ALL_WORKFLOWS } from '../workflows/all-workflows.js';
import { deletion } from '../workflows/deletion.js';
import { overwrite } from '../workflows/overwrite.js';
import { WorkflowRunner } from './workflow-runner.js';

/** For the runs that are to run into it. */
const TIMEOUT_MS = 200;
const listen = useRawServers();

/** A port of this machine that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('a run against a service that keeps its promises', () => {
  it('stores, retrieves, deletes and verifies, and leaves no key', async () => {
    const store = new KeysStore();
    const server = await listen(keysHandler(store));
    const run = await new WorkflowRunner({ url: server.url, timeoutMs: 5000 }).run(deletion);
    expect(run).toMatchObject({ workflow: 'deletion', testName: 'test_deletion', failure: undefined, cleanUp: [] });
    expect(run.steps.map(({ name }) => name)).toEqual(['store', 'retrieve', 'delete', 'verify_deletion']);
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'DELETE', 'GET']);
    expect(store.entries.size).toBe(0);
  });

  it('stores, retrieves, overwrites and verifies another value, and cleans up', async () => {
    const store = new KeysStore();
    const server = await listen(keysHandler(store));
    const run = await new WorkflowRunner({ url: server.url, timeoutMs: 5000 }).run(overwrite);
    expect(run).toMatchObject({ workflow: 'overwrite', testName: 'test_overwrite', failure: undefined });
    expect(run.steps.map(({ name }) => name)).toEqual([
      'store_original',
      'retrieve_original',
      'overwrite',
      'verify_new',
    ]);
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'PUT', 'GET', 'DELETE']);
    const [first, , third] = server.requests.map(({ body }) => body);
    expect(third).not.toBe(first);
    expect(store.entries.size).toBe(0);
  });

  it('takes down what was sent, what came, and when', async () => {
    const server = await listen(keysHandler(new KeysStore()));
    let time = 1_000;
    const runner = new WorkflowRunner({
      url: server.url,
      timeoutMs: 5000,
      now: () => time++,
      scratch: () => ({ key: () => 'the key', valueText: () => '1.5' }),
    });
    const { startedAt, steps } = await runner.run(deletion);
    expect(startedAt).toBe(1_000);
    expect(steps[0]).toEqual({
      name: 'store',
      startedAt: 1_001,
      durationMs: expect.any(Number),
      request: {
        method: 'POST',
        path: '/keys/the%20key',
        body: { text: '{"key":"the key","value":1.5}', cut: false },
      },
      answer: {
        status: 201,
        contentType: 'application/json',
        body: { text: '{"success":true,"message":"Value stored successfully"}', cut: false },
      },
      error: undefined,
    });
    expect(steps[3]).toMatchObject({ name: 'verify_deletion', startedAt: 1_004, answer: { status: 404 } });
  });

  it('shares nothing with eleven other runs at the same time', async () => {
    const store = new KeysStore();
    const server = await listen(keysHandler(store));
    const runner = new WorkflowRunner({ url: server.url, timeoutMs: 5000 });
    const runs = await Promise.all(Array.from({ length: 12 }, (_, i) => runner.run(ALL_WORKFLOWS[i % 2]!)));
    expect(runs.map(({ failure }) => failure)).toEqual(Array(12).fill(undefined));
    expect(new Set(server.requests.map(({ path }) => path)).size).toBe(12);
    expect(new Set(runs.map(({ id }) => id)).size).toBe(12);
    expect(store.entries.size).toBe(0);
  });

  it('keeps one connection for a whole run, and closes it at the end', async () => {
    const server = await listen(keysHandler(new KeysStore()));
    await new WorkflowRunner({ url: server.url, timeoutMs: 5000 }).run(overwrite);
    expect(server.connections).toBe(1);
  });

  it('reaches a service below a path', async () => {
    const paths: string[] = [];
    const server = await listen(
      keysHandler(new KeysStore(), (request, store) => {
        paths.push(request.path);
        return store.answer({ ...request, path: request.path.replace('/base', '') });
      }),
    );
    const run = await new WorkflowRunner({ url: `${server.url}/base/`, timeoutMs: 5000 }).run(deletion);
    expect(run.failure).toBeUndefined();
    expect(paths.every((path) => path.startsWith('/base/keys/'))).toBe(true);
  });
});

describe.each(LIES)('a run against a service that $that', ({ lie, leavesKey, ...expected }) => {
  it.each([deletion, overwrite])('says so after $name', async (workflow) => {
    const store = new KeysStore();
    const server = await listen(keysHandler(store, lie));
    const verdict = expected[workflow.name as 'deletion' | 'overwrite'];
    const timeoutMs = String(verdict?.[1]).includes('Timeout') ? TIMEOUT_MS : 5000;
    const { failure, steps, cleanUp } = await new WorkflowRunner({ url: server.url, timeoutMs }).run(workflow);
    if (verdict === undefined) {
      expect(failure).toBeUndefined();
      expect(steps).toHaveLength(4);
    } else {
      const [step, error] = verdict;
      expect(failure).toEqual({ step, error: typeof error === 'string' ? error : expect.stringMatching(error) });
      expect(steps.at(-1)?.error).toBe(failure?.error);
      expect(cleanUp.map(({ request }) => request.method)).toEqual(['DELETE']);
    }
    if (leavesKey !== true) expect(store.entries.size).toBe(0);
  });
});

describe('a run against a service that is down', () => {
  it('fails with the text of the connection, and does not clean up what it never stored', async () => {
    const port = await closedPort();
    const run = await new WorkflowRunner({ url: `http://127.0.0.1:${port}`, timeoutMs: 5000 }).run(deletion);
    expect(run).toMatchObject({
      failure: { step: 'connection', error: `connect ECONNREFUSED 127.0.0.1:${port}` },
      steps: [{ name: 'store', answer: undefined, error: `connect ECONNREFUSED 127.0.0.1:${port}` }],
      cleanUp: [],
    });
  });

  it('fails with the text of the look-up when there is no such host', async () => {
    const run = await new WorkflowRunner({ url: 'http://no-such-host.invalid', timeoutMs: 5000 }).run(overwrite);
    expect(run.failure).toEqual({ step: 'connection', error: expect.stringMatching(/no-such-host\.invalid|Timeout/) });
  });

  it('fails when the service goes away between two steps', async () => {
    const server = await listen(
      keysHandler(new KeysStore(), (request, store, socket) => {
        if (request.method !== 'GET') return store.answer(request);
        void server.close();
        socket.destroy();
        return undefined;
      }),
    );
    const { failure, cleanUp } = await new WorkflowRunner({ url: server.url, timeoutMs: 5000 }).run(deletion);
    expect(failure).toEqual({ step: 'connection', error: 'other side closed' });
    expect(cleanUp).toMatchObject([{ name: 'clean_up', error: expect.stringMatching(/ECONNREFUSED/) }]);
  });
});

describe('a run that is ended early', () => {
  it('fails with the reason, and still cleans up', async () => {
    const store = new KeysStore();
    const stop = new AbortController();
    const server = await listen(
      keysHandler(store, (request, honest) => {
        if (request.method !== 'GET') return honest.answer(request);
        stop.abort(new Error('enough'));
        return undefined;
      }),
    );
    const run = await new WorkflowRunner({ url: server.url, timeoutMs: 5000 }).run(deletion, stop.signal);
    expect(run.failure).toEqual({ step: 'connection', error: 'enough' });
    expect(run.cleanUp).toMatchObject([{ answer: { status: 200 }, error: undefined }]);
    expect(store.entries.size).toBe(0);
  });
});

describe('a run whose write was lost and comes late', () => {
  /** A service that never answers the first write, and does it only when it was asked to delete the key for the given time. */
  async function late(atDeletion: number) {
    const store = new KeysStore();
    let write: RawRequest | undefined;
    let deletions = 0;
    const server = await listen(
      keysHandler(store, (request) => {
        if (request.method === 'POST') {
          write = request;
          return undefined;
        }
        if (request.method !== 'DELETE') return store.answer(request);
        const answer = store.answer(request);
        deletions++;
        if (deletions === atDeletion) store.answer(write!);
        return answer;
      }),
    );
    return { store, run: await new WorkflowRunner({ url: server.url, timeoutMs: TIMEOUT_MS }).run(deletion) };
  }

  it('looks for the key again after it was not there, and removes it when it has come', async () => {
    const { store, run } = await late(2);
    expect(run.failure).toEqual({ step: 'connection', error: 'Timeout connecting to KV service' });
    expect(run.cleanUp.map(({ name, answer }) => [name, answer?.status])).toEqual([
      ['clean_up', 404],
      ['clean_up', 404],
      ['clean_up', 200],
    ]);
    expect(store.entries.size).toBe(0);
  });

  it('gives up when the key does not come for two seconds', async () => {
    const { run } = await late(0);
    expect(new Set(run.cleanUp.map(({ answer }) => answer?.status))).toEqual(new Set([404]));
    expect(run.cleanUp.length).toBeGreaterThan(3);
    const waited = run.cleanUp.at(-1)!.startedAt - run.cleanUp[0]!.startedAt;
    expect(waited).toBeGreaterThan(1000);
    expect(waited).toBeLessThanOrEqual(2500);
    expect(run.cleanUp.every(({ error }) => error === undefined)).toBe(true);
  });
});
