import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineEncoder } from '../../dist/libs/wal/src/index.js';

const MAIN = fileURLToPath(new URL('../../dist/apps/kv-service/src/main.js', import.meta.url));

/** What the figures were taken on. */
export function machine() {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, Node ${process.version}, ${process.platform}`;
}

/** Runs work with a new folder, which is removed afterwards. */
export async function withFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'kvasir-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The middle one, or the lower of the two in the middle. */
export function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];
}

/** The value that a share (0 to 1) of the numbers does not exceed. */
export function percentile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

/** Runs a function of a module in a process of its own, so that one measurement leaves no heap to the next; gives what it returns. */
export async function inChild(module, name, args, flags = []) {
  const code = `
    import { ${name} } from ${JSON.stringify(module)};
    const result = await ${name}(...${JSON.stringify(args)});
    process.stdout.write(JSON.stringify(result));`;
  const child = spawn(process.execPath, [...flags, '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => (output += piece));
  const [code_] = await once(child, 'close');
  if (code_ !== 0) throw new Error(`${name} ended with status ${code_}`);
  return JSON.parse(output);
}

/** Writes a log of `keys` keys, each written `times` times, and gives its bytes. */
export async function writeLog(path, keys, times = 1, valueOf = (i) => `{"n":${i}}`) {
  const encoder = new LineEncoder();
  const file = createWriteStream(path);
  let seq = 0;
  for (let round = 0; round < times; round++) {
    for (let i = 0; i < keys; i++) {
      seq++;
      // Keys come in no order, as they do from users.
      const key = `key:${((i * 7_919_317) % 10_000_000).toString().padStart(7, '0')}`;
      encoder.encodeSet(key, valueOf(i), Infinity, 1_700_000_000_000 + seq, undefined, seq, seq);
      if (encoder.length > 1024 * 1024 || (round === times - 1 && i === keys - 1)) {
        const room = file.write(Buffer.from(encoder.bytes()));
        encoder.reset();
        if (!room) await once(file, 'drain');
      }
    }
  }
  file.end();
  await once(file, 'finish');
  return file.bytesWritten;
}

/** Starts the built kv-service on a free port; `stop` ends it. */
export async function startService(env, flags = []) {
  const child = spawn(process.execPath, [...flags, MAIN], {
    env: { HOST: '127.0.0.1', PORT: '0', GRPC_PORT: '0', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  // A measurement that fails leaves no service behind.
  process.on('exit', () => child.kill('SIGKILL'));
  let log = '';
  const port = await new Promise((resolve, reject) => {
    void exited.then(() => reject(new Error(`kv-service ended:\n${log}`)));
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      log += piece;
      const ports = /"ports":\[(\d+)/.exec(log);
      if (ports) resolve(Number(ports[1]));
    });
  });
  return {
    port,
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
