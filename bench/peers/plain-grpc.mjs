/** The measure for gRPC: `Get` and `Set` of the same service on a bare @grpc/grpc-js server with a Map. */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { fileURLToPath } from 'node:url';

const PROTO = fileURLToPath(new URL('../../libs/contracts/proto/keyvalue.proto', import.meta.url));
const service = loadSync(PROTO, { longs: Number, defaults: true })['keyvalue.KeyValueService'];
const store = new Map();

const server = new Server();
server.addService(service, {
  get({ request }, callback) {
    const value = store.get(request.key);
    callback(null, { value: value ?? '', found: value !== undefined, error: '' });
  },
  set({ request }, callback) {
    store.set(request.key, request.value);
    callback(null, { success: true, error: '' });
  },
});
server.bindAsync(`127.0.0.1:${process.argv[2]}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
