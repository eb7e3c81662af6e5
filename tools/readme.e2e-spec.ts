import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { useTestServices } from '@kvasir/test-harness';
import { answerOfCurl } from './testing/curl.js';
import { consoleSteps } from './testing/console-steps.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The ports that `make run` listens on, and the app that answers there. */
const APP_OF_PORT: Readonly<Record<string, string>> = { 8000: 'kv-service', 8080: 'kv-service', 6969: 'kv-service' };

const hasCurl = spawnSync('curl', ['--version']).status === 0;
const runners = [
  { name: 'an HTTP client', run: answerOfCurl },
  // Only where there is one: the service needs no curl.
  ...(hasCurl ? [{ name: 'curl itself', run: answerOfShell }] : []),
];

describe.each(runners)("README.md's requests, sent by $name to a fresh store", ({ run }) => {
  const services = useTestServices();
  const ports = new Map<string, number>();

  beforeAll(async () => {
    for (const app of new Set(Object.values(APP_OF_PORT))) {
      const { port } = await services.start({ app });
      for (const [documented, name] of Object.entries(APP_OF_PORT)) if (name === app) ports.set(documented, port);
    }
  });

  /** The line with the addresses of this run's services in place of the documented ones; nothing else is changed. */
  function here(command: string): string {
    return command.replace(/\blocalhost:(\d+)/g, (address, documented: string) => {
      const port = ports.get(documented);
      if (port === undefined) throw new Error(`README.md names ${address}, where \`make run\` starts nothing`);
      return `127.0.0.1:${port}`;
    });
  }

  it.each(consoleSteps(README))('answers line $line as it is documented: $command', async ({ command, answer }) => {
    expect(withoutTime(await run(here(command)))).toBe(withoutTime(answer));
  });
});

describe('README.md', () => {
  it('says where each app and lib is', () => {
    const folders = ['apps', 'libs'].flatMap((parent) =>
      readdirSync(new URL(`../${parent}/`, import.meta.url), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${parent}/${name}/`),
    );
    const listed = Array.from(README.matchAll(/^((?:apps|libs)\/[^/]+\/) /gm), ([, folder]) => folder!);
    expect(listed.sort()).toEqual(folders.sort());
  });

  it('links to files that are there', () => {
    const links = Array.from(README.matchAll(/\]\((?!https?:)([^)#]+)/g), ([, path]) => path!);
    for (const path of links) expect(() => readFileSync(new URL(`../${path}`, import.meta.url))).not.toThrow();
    expect(links.length).toBeGreaterThan(0);
  });
});

/** The one thing that differs from run to run. */
function withoutTime(answer: string): string {
  return answer.replace(/^Date: \w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/m, 'Date: …');
}

/** What the line prints in a shell. */
function answerOfShell(command: string): string {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    encoding: 'utf8',
    // No proxy, no settings of whoever runs the test.
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', no_proxy: '*' },
    timeout: 20_000,
  });
  if (status !== 0) throw new Error(`${command} ended with status ${status}: ${stderr}`);
  return stdout.replaceAll('\r\n', '\n').replace(/\n+$/, '');
}
