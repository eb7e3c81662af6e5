import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { RawConnection } from '@kvasir/test-harness';
import { limitConnections } from './connection-limit.js';

describe('limitConnections', () => {
  let server: Server;
  let now = 0;
  const logged: object[] = [];
  const open: RawConnection[] = [];

  beforeEach(async () => {
    server = createServer();
    const logger = {
      error: (fields: object) => logged.push(fields),
      warn: () => {},
      debug: () => {},
      isLevelEnabled: () => true,
    };
    limitConnections(server, 2, logger, () => now);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    for (const connection of open.splice(0)) connection.destroy();
    logged.length = 0;
    await new Promise((resolve) => server.close(resolve));
  });

  async function connect(): Promise<RawConnection> {
    const connection = await RawConnection.open((server.address() as AddressInfo).port);
    open.push(connection);
    return connection;
  }

  test('closes what comes past the limit, takes the next when one is gone, and says so once a minute', async () => {
    const first = await connect();
    await connect();
    for (let i = 0; i < 3; i++) await (await connect()).closed;
    expect(logged).toEqual([{ maxConnections: 2, refused: 1 }]);

    now += 60_000;
    await (
      await connect()
    ).closed;
    expect(logged.slice(1)).toEqual([{ maxConnections: 2, refused: 3 }]);

    first.destroy();
    await untilConnections(1);
    const taken = new Promise((resolve) => server.once('connection', resolve));
    await connect();
    await taken;
  });

  async function untilConnections(count: number): Promise<void> {
    for (;;) {
      const there = await new Promise<number>((resolve, reject) =>
        server.getConnections((error, found) => (error === null ? resolve(found) : reject(error))),
      );
      if (there === count) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
});
