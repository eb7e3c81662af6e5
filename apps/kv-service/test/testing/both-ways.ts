import { expect } from '@jest/globals';
import { RawConnection, within, type ServiceProcess } from '@kvasir/test-harness';

/** Ends a connection: whatever is still missing of a request before it is made of it, and the request that it starts with, or the rest of one, is answered with the end. */
const END = 'GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

const ANSWER_MS = 20_000;

/** Two services that got the same requests so far, one by one. */
export class BothWays {
  constructor(
    private readonly fast: ServiceProcess,
    private readonly slow: ServiceProcess,
  ) {}

  /**
   * Sends both services the same bytes, on a connection of their own, and expects the same bytes back, times aside.
   *
   * @param packets latin1 text, sent one after the other; a request that asks for the connection's end comes behind them
   * @param filler bytes that a request which promises more than it brings may have: as many of the last request are sent as are needed for that
   * @returns the answers
   */
  async expectSame(packets: readonly string[], filler = 0): Promise<string> {
    const all = [...packets, END.repeat(1 + Math.ceil(filler / END.length))];
    const [fast, slow] = await Promise.all([answerTo(this.fast, all), answerTo(this.slow, all)]);
    expect({ sent: packets, fast }).toEqual({ sent: packets, fast: slow });
    return fast;
  }
}

async function answerTo(service: ServiceProcess, packets: readonly string[]): Promise<string> {
  const connection = await RawConnection.open(service.port);
  try {
    // oxlint-disable-next-line no-await-in-loop -- one packet behind the other
    for (const packet of packets) await connection.send(packet);
    await within(ANSWER_MS, connection.closed, () => `no end came after ${JSON.stringify(packets).slice(0, 2000)}`);
    return withoutTimes(connection.rest);
  } finally {
    connection.destroy();
  }
}

/** Leaves out what two services cannot have in common: `Date`, times in Unix milliseconds, and the checksum of a backup that holds such times. */
function withoutTimes(answers: string): string {
  return answers
    .replace(/\r\nDate: [^\r\n]*/g, '\r\nDate: …')
    .replace(/\b1[789]\d{11}\b/g, '…')
    .replace(/"sha256":"[0-9a-f]{64}"/g, '"sha256":"…"');
}
