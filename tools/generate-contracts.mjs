/**
 * `npm run contracts`: writes what is made from libs/contracts/proto/*.proto into libs/contracts/src/generated: the
 * types of the messages and the service (by proto-loader-gen-types), and the descriptor that is loaded at run time, so
 * that a built service needs no .proto file. A test compares them.
 *
 * `node tools/generate-contracts.mjs DIRECTORY` writes them there instead.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROTO = join(ROOT, 'libs/contracts/proto/keyvalue.proto');
const [directory = join(ROOT, 'libs/contracts/src/generated')] = process.argv.slice(2);

const require = createRequire(import.meta.url);
const protoLoader = require.resolve('@grpc/proto-loader');
// proto-loader's own protobufjs: the descriptor is read back by the same version.
const protobuf = createRequire(protoLoader)('protobufjs');

rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });

// As LOADER_OPTIONS in libs/contracts/src/key-value-service.ts.
execFileSync(process.execPath, [
  join(protoLoader, '../../bin/proto-loader-gen-types.js'),
  '--longs=Number',
  '--defaults',
  '--includeComments',
  '--grpcLib=@grpc/grpc-js',
  '--importFileExtension=.js',
  `--outDir=${directory}`,
  PROTO,
]);

const json = protobuf.loadSync(PROTO).toJSON();
writeFileSync(
  join(directory, 'descriptor.ts'),
  `// Original file: libs/contracts/proto/keyvalue.proto\n\nexport const DESCRIPTOR = ${JSON.stringify(json)};\n`,
);

const style = await prettier.resolveConfig(PROTO);
for (const name of readdirSync(directory, { recursive: true })) {
  if (!name.endsWith('.ts')) continue;
  const file = join(directory, name);
  // The generator names its source by the way from the working directory.
  const text = readFileSync(file, 'utf8').replace(
    /^\/\/ Original file: .*$/m,
    '// Original file: libs/contracts/proto/keyvalue.proto',
  );
  writeFileSync(file, await prettier.format(text, { ...style, parser: 'typescript' }));
}
