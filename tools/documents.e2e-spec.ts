import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices } from '@kvasir/test-harness';
import { answerOfCurl, type Variables } from './testing/curl.js';
import { consoleSteps } from './testing/console-steps.js';
import { DocumentedServices } from './testing/documented-services.js';

const ROOT = new URL('../', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

/** The documents with ```console blocks. */
const DOCUMENTS = ['README.md', 'docs/apis.md'];

const hasCurl = spawnSync('curl', ['--version']).status === 0;
const senders = [
  {
    sender: 'an HTTP client',
    run: async (command: string, variables: Variables) => (await answerOfCurl(command, variables)).output,
  },
  // Only where there is one: the service needs no curl.
  ...(hasCurl ? [{ sender: 'curl itself', run: answerOfShell }] : []),
];
const runs = DOCUMENTS.flatMap((document) => senders.map((sender) => ({ document, ...sender })));

describe.each(runs)("$document's requests, sent by $sender to fresh services", ({ document, run }) => {
  const services = useTestServices();
  let documented: DocumentedServices;

  beforeAll(async () => {
    documented = await DocumentedServices.start(services);
  });

  it.each(consoleSteps(textOf(document)))(
    'answers line $line as it is documented: $command',
    async ({ command, answer }) => {
      const { variables } = documented;
      expect(steady(await run(documented.here(command), variables))).toBe(steady(documented.here(answer)));
    },
  );
});

describe('docs/apis.md', () => {
  const services = useTestServices();
  const document = textOf('docs/apis.md');
  let documented: DocumentedServices;

  beforeAll(async () => {
    documented = await DocumentedServices.start(services);
  });

  it('has in its table the statuses that the requests below it are answered with', async () => {
    const seen: string[] = [];
    for (const { command } of consoleSteps(document)) {
      const { method, target, status } = await answerOfCurl(documented.here(command), documented.variables);
      seen.push(`${method} ${target} ${status}`);
    }
    const cells = Array.from(document.matchAll(/`([A-Z]+ \/[^`]*)` (\d{3})/g), ([, route, status]) => ({
      route: route!,
      status: status!,
    }));
    const unseen = cells.filter(({ route, status }) => {
      const pattern = new RegExp(`^${route.replaceAll('?', '\\?').replaceAll(/\{\w+\}|…/g, '[^/?]+')} ${status}$`);
      return !seen.some((request) => pattern.test(request));
    });
    expect(unseen).toEqual([]);
    expect(cells.length).toBeGreaterThan(30);
  });

  it('has a gRPC example that prints what is said of it, run by node', async () => {
    const [, script = '', output = ''] =
      /^### gRPC\n[^]*?```js\n([^]*?)```[^]*?```text\n([^]*?)```/m.exec(document) ?? [];
    const file = join(services.directory(), 'grpc.mjs');
    writeFileSync(file, documented.here(script).replace("'./dist/", `'${new URL('dist/', ROOT).href}`));
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 20_000 });
    expect(stdout).toBe(output);
    expect(output).toContain('over gRPC');
  });
});

describe('README.md', () => {
  const README = textOf('README.md');

  it('says where each app and lib is', () => {
    const folders = ['apps', 'libs'].flatMap((parent) =>
      readdirSync(new URL(`${parent}/`, ROOT), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${parent}/${name}/`),
    );
    const listed = Array.from(README.matchAll(/^((?:apps|libs)\/[^/]+\/) /gm), ([, folder]) => folder!);
    expect(listed.sort()).toEqual(folders.sort());
  });
});

describe.each(DOCUMENTS)('%s', (document) => {
  it('links to files that are there', () => {
    const links = Array.from(textOf(document).matchAll(/\]\((?!https?:)([^)#]+)/g), ([, path]) => path!);
    for (const path of links) expect(() => readFileSync(new URL(path, new URL(document, ROOT)))).not.toThrow();
    expect(links.length).toBeGreaterThan(0);
  });
});

/** Without what differs from run to run: the time, and the log's size, which depends on the digits of times in it (what lives in the log is never more than all of it). */
function steady(answer: string): string {
  return answer
    .replace(/^Date: \w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/m, 'Date: …')
    .replaceAll(/"bytes":(\d+),"live_bytes":(\d+)/g, (sizes, bytes, live) =>
      Number(live) <= Number(bytes) ? '"bytes":…,"live_bytes":…' : sizes,
    );
}

/** What the line prints in a shell. */
function answerOfShell(command: string, variables: Variables): Promise<string> {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    encoding: 'utf8',
    // No proxy, no settings of whoever runs the test.
    env: { ...variables, PATH: process.env['PATH'], HOME: '/nonexistent', no_proxy: '*' },
    timeout: 20_000,
  });
  if (status !== 0) throw new Error(`${command} ended with status ${status}: ${stderr}`);
  return Promise.resolve(stdout.replaceAll('\r\n', '\n').replace(/\n+$/, ''));
}
