import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, useTestServices } from '@kvasir/test-harness';
import { parse } from 'yaml';
import { labelsOf, metricNamesOf, selects } from './testing/promql.js';

const FOLDER = new URL('../deploy/monitoring/', import.meta.url);
const textOf = (path: string): string => readFileSync(new URL(path, FOLDER), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const rules = (parse(textOf('alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const dashboards = readdirSync(new URL('grafana/dashboards/', FOLDER)).map((file) => ({
  file,
  text: textOf(`grafana/dashboards/${file}`),
}));
const panels = dashboards.flatMap(({ file, text }) =>
  (JSON.parse(text) as { panels: Panel[] }).panels.map((panel) => ({ file, title: panel.title, panel })),
);

/** What Prometheus itself has of each target. */
const OF_PROMETHEUS = ['up'];
/** Labels that Prometheus puts on every line. */
const OF_TARGETS = ['job', 'instance'];

/** Every name that a query may use, of a service that answers now. */
function namesIn(text: string): Set<string> {
  const names = new Set(OF_PROMETHEUS);
  for (const [, name, type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
    const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    for (const suffix of suffixes) names.add(`${name}${suffix}`);
  }
  return names;
}

describe('what is known of the metrics', () => {
  const services = useTestServices();
  let known: Set<string>;
  /** The labels that docs/operations.md, which a test compares with the metrics, has in its table. */
  let labels: Set<string>;

  beforeAll(async () => {
    const GRPC_PORT = String(await freePort());
    const { http } = await services.start({ env: { GRPC_PORT } });
    const gatewayEnv = { KV_GRPC_URL: `127.0.0.1:${GRPC_PORT}`, API_KEY: 'k', METRICS_KEY: 'm' };
    const gateway = await services.start({ app: 'api-gateway', env: gatewayEnv });
    const ofGateway = await gateway.http.send('GET', '/metrics', { headers: { 'x-api-key': 'm' } });
    known = namesIn((await http.get('/metrics')).text + ofGateway.text);
    const table = readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8').matchAll(
      /^\| `kvasir_\w+` *\| \w+ *\| ([\w, ]+?) *\|/gm,
    );
    labels = new Set([...Array.from(table, ([, cell]) => cell!.split(', ')).flat(), ...OF_TARGETS, 'le', 'kind']);
  });

  it.each(rules)('is all that the alert $alert uses', ({ expr }) => {
    expect(metricNamesOf(expr).length).toBeGreaterThan(0);
    expect(metricNamesOf(expr).filter((name) => !known.has(name))).toEqual([]);
    expect(labelsOf(expr).filter((label) => !labels.has(label))).toEqual([]);
  });

  it.each(panels.filter(({ panel }) => panel.type !== 'row'))('is all that $file uses in "$title"', ({ panel }) => {
    expect(panel.targets?.length).toBeGreaterThan(0);
    for (const { expr } of panel.targets ?? []) {
      expect(metricNamesOf(expr).length).toBeGreaterThan(0);
      expect(metricNamesOf(expr).filter((name) => !known.has(name))).toEqual([]);
      expect(labelsOf(expr).filter((label) => !labels.has(label))).toEqual([]);
    }
  });

  it.each(['kvasir_made_up_total', 'kvasir_http_requests', 'kvasir_http_request_duration_seconds'])(
    'is not a made-up name such as %s',
    (name) => {
      expect(known.has(name)).toBe(false);
    },
  );
});

describe('the alert rules', () => {
  it('have names of their own, a severity, and say what happened', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect(alert).toMatch(/^Kvasir[A-Za-z]+$/);
      expect(['critical', 'warning', 'info']).toContain(labels.severity);
      expect(annotations.summary).toMatch(/\{\{ \$labels\.instance \}\}/);
    }
  });

  it.each([
    ['/kv/:key', 'KvasirDiskOrMemoryFull'],
    ['/v1/values', 'KvasirDiskOrMemoryFull'],
    ['/admin/export', 'KvasirBackupGaveWay'],
    ['/admin/import', 'KvasirBackupGaveWay'],
  ])('take a 507 of %s for %s', (route, alert) => {
    const about507 = rules.filter(({ expr }) => /status="507"/.test(expr) && selects(expr, { status: '507', route }));
    expect(about507.map((rule) => rule.alert)).toEqual([alert]);
  });

  it('are all in docs/operations.md, with what to do', () => {
    const document = readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8');
    const rows = Array.from(document.matchAll(/^\| (`Kvasir\w+`(?:, `Kvasir\w+`)*) *\|/gm), ([, cell]) => cell!);
    const named = rows.flatMap((cell) => cell.replaceAll('`', '').split(', '));
    expect(named.sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });
});

describe('the dashboards', () => {
  it('have panels that do not lie over each other', () => {
    for (const { file } of dashboards) {
      const own = panels.filter((one) => one.file === file).map(({ panel }) => panel);
      expect(new Set(own.map(({ id }) => id)).size).toBe(own.length);
      const cells = own.flatMap(({ gridPos: { h, w, x, y } }) =>
        Array.from({ length: h * w }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      expect(Math.max(...own.map(({ gridPos }) => gridPos.x + gridPos.w))).toBeLessThanOrEqual(24);
    }
  });
});

describe('the monitoring of docker-compose.yml', () => {
  interface Service {
    readonly image?: string;
    readonly profiles?: readonly string[];
    readonly ports?: readonly string[];
    readonly volumes?: readonly string[];
  }
  const compose = parse(readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8'), { merge: true }) as {
    services: Record<string, Service>;
    secrets: Record<string, unknown>;
  };
  const monitoring = Object.values(compose.services).filter(({ profiles }) => profiles?.includes('monitoring'));

  it('names each image with its version, and is reached from this machine alone', () => {
    expect(monitoring.length).toBe(2);
    for (const { image, ports } of monitoring) {
      expect(image).toMatch(/^[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+$/);
      for (const port of ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('takes files that are there, and Prometheus the ones that its configuration names', () => {
    const files = new Map(
      monitoring.flatMap(({ volumes = [] }) =>
        volumes.filter((volume) => volume.startsWith('./')).map((volume) => volume.split(':') as [string, string]),
      ),
    );
    for (const file of files.keys()) {
      const [, name] = /^\.\/deploy\/monitoring\/(.+)$/.exec(file)!;
      const parent = new URL(`${name!}/..`, FOLDER);
      expect(readdirSync(parent)).toContain(name!.split('/').at(-1));
    }
    const { rule_files: ruleFiles, scrape_configs: scrapes } = parse(textOf('prometheus.yml')) as {
      rule_files: string[];
      scrape_configs: {
        job_name: string;
        authorization: { credentials_file: string };
        static_configs: { targets: string[] }[];
      }[];
    };
    for (const file of ruleFiles) expect([...files.values()]).toContain(file);
    for (const { authorization, static_configs: configs } of scrapes) {
      expect(compose.secrets).toHaveProperty(authorization.credentials_file.split('/').at(-1)!);
      for (const target of configs.flatMap(({ targets }) => targets))
        expect(Object.keys(compose.services)).toContain(target.split(':')[0]);
    }
    const jobs = rules.flatMap(({ expr }) => Array.from(expr.matchAll(/job="([^"]+)"/g), ([, job]) => job));
    expect(scrapes.map(({ job_name: name }) => name)).toEqual(expect.arrayContaining(jobs));
  });
});
