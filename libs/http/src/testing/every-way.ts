import { afterEach, beforeEach, describe } from '@jest/globals';
import { RawConnection, type RawResponse } from '@kvasir/test-harness';
import type { HttpAdapterOptions } from '../kvasir-http-adapter.js';
import { startToyApp, type ToyApp } from './toy-app.js';

export const HOST = 'Host: localhost\r\n';
export const JSON_TYPE = 'Content-Type: application/json\r\n';

/** One of the ways through the seam: an application of its own for each test, and connections that are closed behind it. */
class Way {
  toy!: ToyApp;
  private connections: RawConnection[] = [];

  constructor(private readonly options: Partial<HttpAdapterOptions>) {}

  async start(): Promise<void> {
    this.toy = await startToyApp({ ...this.options, timeouts: { lingerMs: 300 } });
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

/** The ways of a wire route, and what the adapter is set up with for them. */
export const WAYS: readonly (readonly [name: string, options: Partial<HttpAdapterOptions>])[] = [
  ['past Node’s HTTP where that will do', { fast: true }],
  ['in front of Express', { fast: true, plain: false }],
  ['through Express and Nest', { fast: false }],
];

/** Registers the same tests for all ways of a wire route: without Node's HTTP, in front of Express, and through it. */
export function describeEveryWay(what: string, tests: (way: Way) => void): void {
  describe.each(WAYS)(`wire routes %s: ${what}`, (_name, options) => {
    const way = new Way(options);
    beforeEach(() => way.start());
    afterEach(() => way.stop());
    tests(way);
  });
}
