import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const APPS = ['kv-service', 'api-gateway', 'test-client'] as const;
type App = (typeof APPS)[number];

interface Container {
  readonly name: App;
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: object };
  }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly securityContext: unknown;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

interface MonitoredEndpoint {
  readonly port: string;
  readonly path: string;
  readonly interval: string;
  readonly scrapeTimeout: string;
  readonly authorization: {
    readonly type: string;
    readonly credentials: { readonly name: string; readonly key: string };
  };
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: unknown;
  readonly containers: readonly Container[];
  readonly volumes?: readonly { readonly name: string; readonly emptyDir?: object }[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly template?: { readonly spec: Pod };
    readonly replicas?: number;
    readonly ports?: readonly { name: string; targetPort: string; port: number }[];
    readonly podSelector?: object;
    readonly ingress?: readonly { readonly from: readonly object[]; readonly ports: readonly { port: string }[] }[];
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly endpoints?: readonly MonitoredEndpoint[];
  };
}

interface ComposeService {
  readonly build?: { readonly target: App };
  /** Null: what the environment of Compose has, if it has any. */
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly stop_grace_period?: string;
  readonly tmpfs?: readonly string[];
}

/** The settings that an app takes, with their defaults, out of its part of docs/configuration.md, which is made from their declarations. */
function settingsOf(app: App): Map<string, string> {
  const document = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
  const part = document.split(`<!-- settings of ${app} -->`)[1]!.split('<!-- end')[0]!;
  const rows = [...part.matchAll(/^\| `([A-Z_]+)` *\|[^|]*\| *([^|]*?) *\|/gm)];
  return new Map(rows.map(([, name, fallback]) => [name!, fallback!.replaceAll('`', '')]));
}

const settings = new Map(APPS.map((app) => [app, settingsOf(app)]));

/** Besides their settings: Node.js's own. */
const OF_NODE = ['NODE_ENV', 'NODE_OPTIONS'];

function unknownSettings(app: App, names: Iterable<string>): string[] {
  return [...names].filter((name) => !settings.get(app)!.has(name) && !OF_NODE.includes(name));
}

const kubernetes = readdirSync(join(ROOT, 'deploy/kubernetes'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => ({ file, text: readFileSync(join(ROOT, 'deploy/kubernetes', file), 'utf8') }));

const manifests = kubernetes
  .filter(({ file }) => !file.endsWith('kustomization.yaml'))
  .flatMap(({ file, text }) =>
    parseAllDocuments(text).map((document) => ({ file, manifest: document.toJS() as Manifest })),
  );
const pods = manifests.flatMap(({ file, manifest }) =>
  manifest.spec.template === undefined ? [] : [{ file, pod: manifest.spec.template.spec }],
);

function monitorOf(app: App): Manifest {
  return manifests.find(({ manifest: { kind, metadata } }) => kind === 'ServiceMonitor' && metadata.name === app)!
    .manifest;
}

describe('the Kubernetes manifests', () => {
  it.each(kubernetes.filter(({ file }) => file.endsWith('kustomization.yaml')))(
    'name files that are there: $file',
    ({ file, text }) => {
      const folder = join(ROOT, 'deploy/kubernetes', file, '..');
      const { resources } = parse(text) as { resources: string[] };
      for (const resource of resources)
        expect(readdirSync(join(folder, resource, '..'))).toContain(resource.split('/').at(-1));
    },
  );

  it.each(pods)('set what the services know, and leave them time to stop: $file', ({ pod }) => {
    for (const { name, env } of pod.containers) {
      expect(
        unknownSettings(
          name,
          env.map((variable) => variable.name),
        ),
      ).toEqual([]);
      const stopMs = Number(env.find((variable) => variable.name === 'SHUTDOWN_TIMEOUT_MS')!.value);
      expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(stopMs);
    }
  });

  it.each(pods)('ask on the ports that the services have by default: $file', ({ pod }) => {
    for (const { name, ports, livenessProbe, readinessProbe } of pod.containers) {
      const known = settings.get(name)!;
      const expected = [{ name: 'http', containerPort: Number(known.get('PORT')) }];
      if (known.has('GRPC_PORT')) expected.push({ name: 'grpc', containerPort: Number(known.get('GRPC_PORT')) });
      expect(ports).toEqual(expected);
      expect([livenessProbe.httpGet.port, readinessProbe.httpGet.port]).toEqual(['http', 'http']);
    }
  });

  it.each(pods)('give the services no rights: $file', ({ pod }) => {
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const { securityContext } of pod.containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it.each(pods.filter(({ pod }) => pod.containers[0]!.name === 'kv-service'))(
    'leave kv-service a /tmp that it can write to: $file',
    ({ pod }) => {
      expect(pod.containers[0]!.volumeMounts).toContainEqual({ name: 'tmp', mountPath: '/tmp' });
      expect(pod.volumes).toContainEqual({ name: 'tmp', emptyDir: {} });
    },
  );

  it('let nobody but api-gateway and labelled pods reach kv-service, whatever its engine', () => {
    const { manifest } = manifests.find(({ file }) => file === 'network-policy/network-policy.yaml')!;
    expect(manifest.spec.podSelector).toEqual({ matchLabels: { 'app.kubernetes.io/name': 'kv-service' } });
    expect(manifest.spec.ingress!.flatMap(({ from }) => from)).toEqual([
      { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'api-gateway' } } },
      { podSelector: { matchLabels: { 'kvasir-client': 'true' } } },
    ]);
    for (const engine of ['log', 'postgres'])
      expect(kubernetes.find(({ file }) => file === `${engine}/kustomization.yaml`)!.text).toContain(
        '- ../network-policy',
      );
  });

  it.each([
    { app: 'kv-service', file: 'log/kv-service.yaml' },
    { app: 'kv-service', file: 'postgres/kv-service.yaml' },
    { app: 'api-gateway', file: 'api-gateway/api-gateway.yaml' },
  ] as const)('have the Prometheus Operator ask where $app answers: $file', ({ app, file }) => {
    const monitor = monitorOf(app);
    const wanted = Object.entries(monitor.spec.selector!.matchLabels!);
    const services = manifests.filter(
      (one) =>
        one.file === file &&
        one.manifest.kind === 'Service' &&
        wanted.every(([label, value]) => one.manifest.metadata.labels?.[label] === value),
    );
    // The alert rules name the job, which is the Service's name, and a pod behind two of them would be asked twice.
    expect(services.map(({ manifest }) => manifest.metadata.name)).toEqual([app]);
    const [endpoint] = monitor.spec.endpoints!;
    expect(services[0]!.manifest.spec.ports!.map(({ name }) => name)).toContain(endpoint!.port);
    expect(endpoint).toMatchObject({ path: '/metrics', authorization: { type: 'Bearer' } });
    const { name, key } = endpoint!.authorization.credentials;
    const readme = readFileSync(join(ROOT, 'deploy/README.md'), 'utf8').replaceAll('\\\n', '');
    expect(readme).toMatch(new RegExp(`create secret generic ${name} .*--from-literal=${key}=`));
    const prometheus = parse(readFileSync(join(ROOT, 'deploy/monitoring/prometheus.yml'), 'utf8')) as {
      global: { scrape_interval: string; scrape_timeout: string };
    };
    expect([endpoint!.interval, endpoint!.scrapeTimeout]).toEqual([
      prometheus.global.scrape_interval,
      prometheus.global.scrape_timeout,
    ]);
  });

  it('let Prometheus in where the policy of kv-service keeps it out', () => {
    const monitor = monitorOf('kv-service');
    const policy = manifests.find(({ file }) => file === 'monitoring/network-policy.yaml')!.manifest;
    expect(policy.spec.podSelector).toEqual({ matchLabels: monitor.spec.selector!.matchLabels });
    expect(policy.spec.ingress!.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([
      monitor.spec.endpoints![0]!.port,
    ]);
  });

  it('have Prometheus ask api-gateway with the key that it takes', () => {
    const { pod } = pods.find(({ file }) => file === 'api-gateway/api-gateway.yaml')!;
    const metricsKey = pod.containers[0]!.env.find(({ name }) => name === 'METRICS_KEY')!;
    const { credentials } = monitorOf('api-gateway').spec.endpoints![0]!.authorization;
    expect(metricsKey.valueFrom!.secretKeyRef).toMatchObject(credentials);
  });

  it('run the log engine once, in a StatefulSet', () => {
    const { manifest } = manifests.find(({ file }) => file === 'log/kv-service.yaml')!;
    expect([manifest.kind, manifest.spec.replicas]).toEqual(['StatefulSet', 1]);
  });
});

describe('docker-compose.yml', () => {
  const { services } = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
    services: Record<string, ComposeService>;
  };
  const ours = Object.entries(services).flatMap(([name, service]) =>
    service.build === undefined ? [] : [{ name, service, app: service.build.target }],
  );

  it.each(ours)('sets what $name knows, and leaves it time to stop', ({ service, app }) => {
    expect(unknownSettings(app, Object.keys(service.environment ?? {}))).toEqual([]);
    const stopMs = Number(
      service.environment?.['SHUTDOWN_TIMEOUT_MS'] ?? settings.get(app)!.get('SHUTDOWN_TIMEOUT_MS'),
    );
    expect(Number.parseInt(service.stop_grace_period!, 10) * 1000).toBeGreaterThan(stopMs);
    expect(service.tmpfs).toEqual(app === 'kv-service' ? ['/tmp'] : undefined);
  });

  it.each(ours)('hands on to $name what .env says of tracing, as it is', ({ service }) => {
    const tracing = Object.entries(service.environment!).filter(([name]) => name.startsWith('OTEL_'));
    expect(Object.fromEntries(tracing)).toEqual({
      OTEL_EXPORTER_OTLP_ENDPOINT: null,
      OTEL_EXPORTER_OTLP_HEADERS: null,
      OTEL_TRACES_SAMPLER: null,
      OTEL_TRACES_SAMPLER_ARG: null,
    });
  });
});

describe('the systemd unit', () => {
  const unit = readFileSync(join(ROOT, 'deploy/systemd/kvasir.service'), 'utf8');
  const environment = new Map(
    [...unit.matchAll(/^Environment=([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
  );

  it('sets what kv-service knows, and leaves it time to stop', () => {
    expect(unknownSettings('kv-service', environment.keys())).toEqual([]);
    const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(unit)!;
    expect(Number(seconds) * 1000).toBeGreaterThan(Number(environment.get('SHUTDOWN_TIMEOUT_MS')));
  });
});
