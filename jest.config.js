/**
 * Jest in ESM mode (`node --experimental-vm-modules`, see the `test` script): swc takes the types off, `tsc` checks them.
 *
 * `*.spec.ts` lie beside the code and import it; `*.e2e-spec.ts` start what `npm run build` left in `dist/`.
 *
 * @type {import('jest').Config}
 */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/faults', '<rootDir>/libs', '<rootDir>/tools'],
  testMatch: ['**/*.spec.ts', '**/*.e2e-spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
      },
    ],
  },
  moduleNameMapper: {
    '^@kvasir/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    // Sources name the files that `tsc` will write; here the `.ts` beside them is meant.
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // Real processes and real disks on small machines: generous, so that only a hang runs into it.
  testTimeout: 120_000,
  maxWorkers: 2,
  reporters: ['default', '<rootDir>/tools/jest-summary-reporter.mjs'],
  coverageProvider: 'babel',
  coverageDirectory: 'coverage',
  coverageReporters: ['text', 'html', 'lcov'],
  collectCoverageFrom: [
    '{apps,libs}/*/src/**/*.ts',
    '!**/{*.spec,*.e2e-spec,index}.ts',
    // Serves tests alone.
    '!**/testing/**',
    '!libs/{kv-conformance,test-harness}/**',
  ],
};
