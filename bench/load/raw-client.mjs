import { connect } from 'node:net';

/**
 * One kept-alive connection that sends ready-made requests and looks at nothing of the answers but their status and length: a client in the same
 * language that did more would measure itself.
 */
export class RawClient {
  #socket;
  #waiting;
  #buffer = '';

  static open(port) {
    return new Promise((resolve, reject) => {
      const client = new RawClient();
      client.#socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(client));
      client.#socket.setEncoding('latin1');
      client.#socket.on('error', reject);
      client.#socket.on('data', (piece) => client.#take(piece));
    });
  }

  /** Sends a request; gives the answer's status. */
  send(request) {
    this.#socket.write(request);
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  close() {
    this.#socket.destroy();
  }

  #take(piece) {
    this.#buffer += piece;
    const head = this.#buffer.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#buffer)?.[1] ?? 0);
    if (this.#buffer.length < head + 4 + length) return;
    const status = Number(this.#buffer.slice(9, 12));
    this.#buffer = '';
    this.#waiting?.(status);
  }
}
