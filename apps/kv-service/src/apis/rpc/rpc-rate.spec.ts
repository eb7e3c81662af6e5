import { Metadata, status as Status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { ANYONE, RateLimiter } from '@kvasir/http';
import { Principal, Rights } from '@kvasir/kv-core';
import { rateExcess } from './rpc-rate.js';

const KNOWN = new Principal('reader', new Rights(['read'], ['']));

/** A call whose peer is looked at as often as `asked` says. */
function callFrom(peer: string) {
  const call = {
    asked: 0,
    metadata: new Metadata(),
    getPeer: () => {
      call.asked++;
      return peer;
    },
  };
  return call;
}

describe('rateExcess', () => {
  const limiter = () => new RateLimiter({ ratePerSecond: 1, burst: 1, trustProxy: undefined, now: () => 0 });

  it('counts a caller who is known by its name, from wherever it calls, and does not look where that is', () => {
    const limit = limiter();
    const [here, there] = [callFrom('10.0.0.1:1000'), callFrom('10.0.0.2:1000')];
    expect(rateExcess(limit, here, KNOWN)).toBeUndefined();
    expect(rateExcess(limit, there, KNOWN)?.code).toBe(Status.RESOURCE_EXHAUSTED);
    expect([here.asked, there.asked]).toEqual([0, 0]);
  });

  it('counts all others by the address of their peer, whatever the port', () => {
    const limit = limiter();
    expect(rateExcess(limit, callFrom('10.0.0.1:1000'), ANYONE)).toBeUndefined();
    expect(rateExcess(limit, callFrom('10.0.0.1:2000'), undefined)?.code).toBe(Status.RESOURCE_EXHAUSTED);
    expect(rateExcess(limit, callFrom('10.0.0.2:1000'), ANYONE)).toBeUndefined();
  });
});
