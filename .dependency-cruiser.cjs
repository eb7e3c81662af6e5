/**
 * Which way imports go. Each rule says why it is there; `npm run deps` (part of `npm run check`) applies them.
 * A regular expression's group in `from` is `$1` in `to`.
 */

const SPECS = '\\.(spec|e2e-spec)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    // ---- everywhere -------------------------------------------------------------------------------------------
    {
      name: 'no-cycles',
      comment:
        'Files that need each other can be neither read nor tested alone, and with ES modules the one that loads first sees the other half empty.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that leads nowhere is a typing mistake, or a package that package.json does not name.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-package',
      comment: "A package that is here only because another one needs it may be gone with that one's next release.",
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-package-at-run-time',
      comment: 'What the services load must be there after `npm ci --omit=dev`.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [SPECS, '/testing/', '^libs/(kv-conformance|test-harness)/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-spec-as-a-library',
      comment:
        'Importing a spec runs its tests again; what two specs share is a file of its own in a `testing` folder.',
      severity: 'error',
      from: {},
      to: { path: SPECS },
    },
    {
      name: 'no-test-helpers-at-run-time',
      comment: '`testing` folders hold what specs share; the build leaves them out, so a service could not load them.',
      severity: 'error',
      from: { pathNot: [SPECS, '/testing/'] },
      to: { path: '^(apps|libs)/.*/testing/' },
    },

    // ---- apps and libs ----------------------------------------------------------------------------------------
    {
      name: 'apps-import-no-other-app',
      comment: 'An app is a process: it talks to another one over the wire. What two apps share is a lib.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-import-no-app',
      comment: 'A lib serves every app, so it may know none of them.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'libs-through-their-index',
      comment:
        "A lib's index.ts is its public face; whoever reaches past it takes the lib's freedom to move its files.",
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'apps-use-libs-through-their-index',
      comment: 'The same as libs-through-their-index, for apps and tools.',
      severity: 'error',
      from: { pathNot: '^libs/' },
      to: { path: '^libs/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'no-own-index',
      comment:
        'Inside a lib the file itself is imported: going through the index makes cycles, and Nest injects undefined in them.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/src/' },
      to: { path: '^libs/$1/src/index\\.ts$' },
    },

    // ---- the core and the log ---------------------------------------------------------------------------------
    {
      name: 'core-and-wal-stand-alone',
      comment:
        'Everything leans on kv-core, and the log must be readable by tools that know no store: neither leans on another lib.',
      severity: 'error',
      from: { path: '^libs/(kv-core|wal)/' },
      to: { path: '^libs/', pathNot: '^libs/$1/' },
    },
    {
      name: 'core-and-wal-without-packages',
      comment:
        'kv-core and wal outlive frameworks: they use node: modules and themselves. Their specs may use test packages.',
      severity: 'error',
      from: { path: '^libs/(kv-core|wal)/', pathNot: [SPECS, '/testing/'] },
      to: { pathNot: '^libs/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'backup-imports-the-core',
      comment: 'The form of a backup is the same for the service and the command line, whichever engine is behind it.',
      severity: 'error',
      from: { path: '^libs/backup/' },
      to: { path: '^libs/', pathNot: '^libs/(backup|kv-core)/' },
    },
    {
      name: 'core-without-io',
      comment:
        'kv-core is the pure half: the same input gives the same result on every engine, so it opens no file and no socket.',
      severity: 'error',
      from: { path: '^libs/kv-core/', pathNot: [SPECS, '/testing/'] },
      to: {
        path: '^(node:)?(child_process|cluster|dgram|dns|fs|http|http2|https|inspector|net|readline|repl|tls|worker_threads)(/|$)',
        dependencyTypes: ['core'],
      },
    },
    {
      name: 'wal-has-three-users',
      comment:
        "The log's lines are written by engine-wal, looked after by kv-service's wal/, repaired by the CLI and damaged on purpose by faults/; nobody else may depend on the format.",
      severity: 'error',
      from: {
        pathNot: ['^libs/wal/', '^libs/engine-wal/', '^apps/kv-service/src/wal/', '^apps/cli/', '^bench/', '^faults/'],
      },
      to: { path: '^libs/wal/' },
    },

    // ---- traces and metrics -----------------------------------------------------------------------------------
    {
      name: 'tracing-stands-alone',
      comment: 'Everything that has a part in a trace leans on it, the HTTP seam and the clients too.',
      severity: 'error',
      from: { path: '^libs/tracing/' },
      to: { path: '^libs/', pathNot: '^libs/tracing/' },
    },
    {
      name: 'opentelemetry-is-loaded-when-it-is-wanted',
      comment:
        "A service without a collector must not load OpenTelemetry's SDK: only the files behind one dynamic import know it.",
      severity: 'error',
      from: { pathNot: ['^libs/tracing/src/otel/', SPECS] },
      to: { path: '(^|node_modules/)@opentelemetry/' },
    },
    {
      name: 'nobody-loads-the-sdk-by-mistake',
      comment: 'What lies in otel/ is reached through open-tracer.ts alone, at run time.',
      severity: 'error',
      from: { pathNot: ['^libs/tracing/src/otel/', SPECS] },
      to: { path: '^libs/tracing/src/otel/', dependencyTypesNot: ['dynamic-import', 'type-only'], dynamic: false },
    },

    // ---- engines ----------------------------------------------------------------------------------------------
    {
      name: 'engines-import-the-core',
      comment:
        'An engine implements the port of kv-core and knows no other engine (engine-wal also uses wal; specs use kv-conformance and test-harness: all have rules of their own).',
      severity: 'error',
      from: { path: '^libs/(engine-[^/]+)/' },
      to: {
        path: '^libs/',
        pathNot: ['^libs/$1/', '^libs/kv-core/', '^libs/wal/', '^libs/(kv-conformance|test-harness)/'],
      },
    },
    {
      name: 'engines-without-nest',
      comment: 'Engines are also used by the CLI and by benchmarks, without a Nest application around them.',
      severity: 'error',
      from: { path: '^libs/(engine-[^/]+|kv-conformance)/' },
      to: { path: '(^|node_modules/)(@nestjs/|nestjs-)' },
    },
    {
      name: 'engines-are-built-in-one-place',
      comment:
        "Every engine can replace every other one because only kv-service's store/ and the CLI know which one is there.",
      severity: 'error',
      from: {
        path: '^(apps|libs|tools)/',
        pathNot: ['^libs/engine-[^/]+/', '^apps/kv-service/src/store/', '^apps/cli/'],
      },
      to: { path: '^libs/engine-[^/]+/' },
    },
    {
      name: 'conformance-is-for-specs',
      comment: 'kv-conformance is a test suite: at run time it would bring Jest and fast-check with it.',
      severity: 'error',
      from: { pathNot: ['^libs/kv-conformance/', SPECS] },
      to: { path: '^libs/kv-conformance/' },
    },
    {
      name: 'test-harness-is-for-specs',
      comment: 'test-harness starts and kills services for specs: at run time it would bring Jest with it.',
      severity: 'error',
      from: { pathNot: ['^libs/test-harness/', SPECS, '/testing/'] },
      to: { path: '^libs/test-harness/' },
    },
    {
      name: 'conformance-knows-the-port-only',
      comment: 'The suite gets its engine from a factory; one that knew an engine could treat it kindly.',
      severity: 'error',
      from: { path: '^libs/kv-conformance/' },
      to: { path: '^libs/', pathNot: ['^libs/kv-conformance/', '^libs/kv-core/'] },
    },

    // ---- kv-service's wire APIs -------------------------------------------------------------------------------
    {
      name: 'wire-apis-import-core-and-http',
      comment:
        "A wire API translates between the wire and kv-core's port. Without engines, the other APIs and the service's inner parts it can be read, tested and removed alone. " +
        "It gets the store of each caller from access/: the engine's own (store/store.token.ts), which knows no rights, is out of its reach. store/engine-extras.token.ts is a name, and imports no engine. Specs may put the whole app together.",
      severity: 'error',
      from: { path: '^apps/kv-service/src/apis/([^/]+)/', pathNot: SPECS },
      to: {
        path: '^(apps|libs)/',
        pathNot: [
          '^apps/kv-service/src/apis/$1/',
          '^libs/http/',
          '^apps/kv-service/src/access/',
          '^apps/kv-service/src/store/engine-extras\\.token\\.ts$',
          '^libs/kv-core/',
          '^libs/tracing/',
          '^libs/contracts/',
        ],
      },
    },
    {
      name: 'no-api-imports-another-api',
      comment:
        'Two APIs that share code cannot change apart; what they share belongs in http/ or kv-core. It holds for specs too.',
      severity: 'error',
      from: { path: '^apps/kv-service/src/apis/([^/]+)/' },
      to: { path: '^apps/kv-service/src/apis/', pathNot: '^apps/kv-service/src/apis/$1/' },
    },
    {
      name: 'contracts-are-for-rpc',
      comment: 'In kv-service only the gRPC API speaks protobuf: the other APIs have forms of their own.',
      severity: 'error',
      from: { path: '^apps/kv-service/src/', pathNot: '^apps/kv-service/src/apis/rpc/' },
      to: { path: '^libs/contracts/' },
    },
    {
      name: 'http-knows-no-api',
      comment:
        'The HTTP seam lies beneath all wire APIs and all services: it hands them decoded requests and must not know what they mean, nor where values are kept.',
      severity: 'error',
      from: { path: '^libs/http/', pathNot: [SPECS, '/testing/'] },
      to: { path: '^libs/', pathNot: '^libs/(http|kv-core|tracing)/' },
    },
    {
      name: 'the-tokens-stay-light',
      comment: 'Wire APIs import engine-extras.token.ts, so an engine imported there would reach all of them.',
      severity: 'error',
      from: { path: '^apps/kv-service/src/store/[^/]+\\.token\\.ts$' },
      to: { path: '^(apps|libs)/', pathNot: '^libs/kv-core/' },
    },
    {
      name: 'access-gives-no-store-away',
      comment:
        'Wire APIs import access/: what gives them the store of a caller must not hand on the store that knows no rights. Only its module puts the two together.',
      severity: 'error',
      from: { path: '^apps/kv-service/src/access/', pathNot: ['access\\.module\\.ts$', SPECS] },
      to: { path: '^apps/kv-service/src/', pathNot: '^apps/kv-service/src/access/' },
    },
    {
      name: 'apis-leave-the-access-module-alone',
      comment: 'access.module.ts knows the store that knows no rights.',
      severity: 'error',
      from: { path: '^apps/kv-service/src/apis/', pathNot: SPECS },
      to: { path: '^apps/kv-service/src/access/access\\.module\\.ts$' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    // Imports of types alone are directions too.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
