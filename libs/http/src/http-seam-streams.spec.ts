import { expect, test } from '@jest/globals';
import { describeEveryWay, HOST } from './testing/every-way.js';

describeEveryWay('streamed answers', (way) => {
  const { open, request } = way;

  test('come in chunks, from generators and from arrays', async () => {
    const response = await request('GET /stream/short');
    expect([response.status, response.header('Transfer-Encoding'), response.body]).toEqual([
      200,
      'chunked',
      '0é,1é,2é,',
    ]);
    const array = await request('PUT /stream/x');
    expect([array.body, array.header('X-Extra')]).toEqual(['[1]', 'yes']);
  });

  test('HEAD makes no piece', async () => {
    expect((await request('HEAD /stream/endless')).status).toBe(200);
    // Nor its end: the next answer follows at once.
    const connection = await open();
    await connection.send(`HEAD /stream/short HTTP/1.1\r\n${HOST}\r\n`);
    expect((await connection.next({ head: true })).header('Transfer-Encoding')).toBe('chunked');
    await connection.send(`GET /kv HTTP/1.1\r\n${HOST}\r\n`);
    expect((await connection.next()).status).toBe(200);
    expect(way.toy.state.pieces).toBe(0);
  });

  test('a reader that does not read gets no further pieces made, and one that goes away ends the iteration', async () => {
    const connection = await open();
    await connection.send(`GET /stream/endless HTTP/1.1\r\n${HOST}\r\n`);
    await connection.received(1);
    connection.socket.pause();
    // The system's buffers fill up; then the count stands still.
    let before = -1;
    while (before !== way.toy.state.pieces) {
      before = way.toy.state.pieces;
      for (let i = 0; i < 20; i++) expect((await request('GET /kv')).status).toBe(200);
    }
    expect(way.toy.state.pieces).toBeLessThan(2000);
    connection.destroy();
    await way.toy.state.streamEnded.opened;
    expect(way.toy.errors).toEqual([]);
  });

  test('a slow reader gets all of it', async () => {
    const connection = await open();
    await connection.send(`GET /stream/gated HTTP/1.1\r\n${HOST}\r\n`);
    await way.toy.state.entered.opened;
    way.toy.state.gate.open();
    expect((await connection.next()).body).toBe('0é,1é,');
    await way.toy.state.streamEnded.opened;
  });

  test('a failure midway cuts the connection, so that nobody takes the part for the whole', async () => {
    const connection = await open();
    await connection.send(`GET /stream/fails-midway HTTP/1.1\r\n${HOST}\r\n`);
    await expect(connection.next()).rejects.toThrow('the connection ended before a chunk');
    expect(way.toy.errors).toHaveLength(1);
  });
});
