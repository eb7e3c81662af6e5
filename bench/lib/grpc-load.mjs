import { join } from 'node:path';
import { LOAD } from './paths.mjs';
import { awayFromServers, output } from './processes.mjs';

/** Load of a gRPC server by a process of its own: `Get` of the keys 0 to `keys` - 1 over one connection, with an API key if there is one. */
export function grpcLoad(port, inFlight, keys, apiKey = '') {
  return async (seconds) => {
    const args = [join(LOAD, 'grpc-client.mjs'), port, seconds, inFlight, keys, apiKey].map(String);
    return JSON.parse(await output(...awayFromServers(process.execPath, args)));
  };
}
