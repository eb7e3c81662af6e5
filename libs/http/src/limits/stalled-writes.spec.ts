import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { StalledWrites } from './stalled-writes.js';

/** More than the system takes on its way from one process to another. */
const MUCH = Buffer.alloc(20 * 1024 * 1024);

describe('StalledWrites', () => {
  let server: Server;
  let now: number;
  const ours = new Set<Socket>();
  const theirs: Socket[] = [];

  beforeEach(async () => {
    now = 0;
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    for (const socket of [...ours, ...theirs.splice(0)]) socket.destroy();
    ours.clear();
    await new Promise((resolve) => server.close(resolve));
  });

  /** A connection whose client does not read, with an answer on its way. */
  async function stuck(bytes = MUCH): Promise<{ server: Socket; client: Socket }> {
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
    theirs.push(client);
    const socket = await accepted;
    ours.add(socket);
    socket.on('error', () => undefined);
    socket.write(bytes);
    await settled(socket);
    return { server: socket, client };
  }

  /** Until the system takes no more. */
  async function settled(socket: Socket): Promise<void> {
    const handle = (socket as unknown as { _handle: { writeQueueSize: number } })._handle;
    for (let last = -1, same = 0; same < 20; same = last === handle.writeQueueSize ? same + 1 : 0) {
      last = handle.writeQueueSize;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  function watch(maxWaitingBytes = Infinity): StalledWrites {
    return new StalledWrites(ours, { stallMs: 1000, maxWaitingBytes, now: () => now });
  }

  test('cuts a client that takes nothing for the whole time, also when it goes on sending', async () => {
    const { server: socket, client } = await stuck();
    const writes = watch();
    writes.check();
    now = 999;
    client.write('still here');
    writes.check();
    expect(socket.destroyed).toBe(false);
    now = 1000;
    writes.check();
    expect(socket.destroyed).toBe(true);
  });

  test('leaves a client alone that takes something now and then', async () => {
    const { server: socket, client } = await stuck();
    const writes = watch();
    writes.check();
    for (let i = 0; i < 3; i++) {
      now += 900;
      const read = new Promise<void>((resolve) => {
        let bytes = 0;
        client.on('data', (chunk: Buffer) => {
          if ((bytes += chunk.length) > 4_000_000) {
            client.pause().removeAllListeners('data');
            resolve();
          }
        });
      });
      client.resume();
      await read;
      await settled(socket);
      writes.check();
    }
    expect(socket.destroyed).toBe(false);
  });

  test('leaves idle connections alone', async () => {
    const { server: socket } = await stuck(Buffer.from('x'));
    const writes = watch();
    writes.check();
    now = 10_000;
    writes.check();
    expect(socket.destroyed).toBe(false);
  });

  test('when too much waits on all together, cuts those that have not moved for the longest time', async () => {
    const writes = watch(MUCH.length * 1.5);
    const first = await stuck();
    writes.check();
    now = 10;
    const second = await stuck();
    writes.check();
    expect([first.server.destroyed, second.server.destroyed]).toEqual([true, false]);
  });
});
