import { afterEach, beforeEach, describe } from '@jest/globals';
import { RawConnection, type RawResponse } from '@kvasir/test-harness';
import { startToyApp, type ToyApp } from './toy-app.js';

export const HOST = 'Host: localhost\r\n';
export const JSON_TYPE = 'Content-Type: application/json\r\n';

/** One of the two ways through the seam: an application of its own for each test, and connections that are closed behind it. */
class Way {
  toy!: ToyApp;
  private connections: RawConnection[] = [];

  constructor(readonly fast: boolean) {}

  async start(): Promise<void> {
    this.toy = await startToyApp({ fast: this.fast, timeouts: { lingerMs: 300 } });
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    this.connections = [];
    await this.toy.app.close();
  }

  readonly open = async (): Promise<RawConnection> => {
    const connection = await RawConnection.open(this.toy.port);
    this.connections.push(connection);
    return connection;
  };

  /** Sends a request line and headers on a connection of its own. */
  readonly request = async (line: string, headers = '', body = ''): Promise<RawResponse> => {
    const connection = await this.open();
    await connection.send(`${line} HTTP/1.1\r\n${HOST}${headers}\r\n${body}`);
    return connection.next({ head: line.startsWith('HEAD ') });
  };

  readonly put = (path: string, body: string, headers = JSON_TYPE): Promise<RawResponse> =>
    this.request(`PUT ${path}`, `${headers}Content-Length: ${Buffer.byteLength(body)}\r\n`, body);
}

/** Registers the same tests for both ways of a wire route: in front of Express, and through it. */
export function describeBothWays(what: string, tests: (way: Way) => void): void {
  describe.each([
    ['in front of Express', true],
    ['through Express and Nest', false],
  ])(`wire routes %s: ${what}`, (_name, fast) => {
    const way = new Way(fast);
    beforeEach(() => way.start());
    afterEach(() => way.stop());
    tests(way);
  });
}
