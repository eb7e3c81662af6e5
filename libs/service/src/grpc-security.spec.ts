import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSettings, type Program, type SettingsResult } from '@kvasir/config';
import { TestAuthority, weakIdentity } from '@kvasir/test-harness';
import { checkGrpcSecurity, grpcSecurity, grpcTls, type GrpcSecurity, type GrpcTls } from './grpc-security.js';

const PROGRAM = {
  name: 'program',
  summary: 'A program.',
  version: () => '1',
  sections: { grpcSecurity },
} satisfies Program;

describe('the settings of gRPC between services', () => {
  const directories: string[] = [];
  let env: Record<string, string>;
  let otherKey: string;

  const directory = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'kvasir-tls-'));
    directories.push(made);
    return made;
  };
  const read = (variables: Record<string, string>): SettingsResult<{ readonly grpcSecurity: GrpcSecurity }> =>
    checkGrpcSecurity(readSettings(PROGRAM, { env: variables, argv: [] }), (settings) => settings.grpcSecurity);
  const tlsOf = (variables: Record<string, string>): GrpcTls | undefined => {
    const result = read(variables);
    if (result.kind !== 'settings') throw new Error(result.text);
    return grpcTls(result.settings.grpcSecurity);
  };
  const without = (...names: string[]): Record<string, string> =>
    Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));

  beforeAll(async () => {
    const authority = await TestAuthority.make();
    env = await authority.settings(directory());
    otherKey = (await authority.settings(directory())).GRPC_TLS_KEY;
  });
  afterAll(() => directories.forEach((made) => rmSync(made, { recursive: true })));

  it('are the texts of the three files', () => {
    const text = (name: string): string => readFileSync(env[name] ?? '', 'utf8');
    expect(tlsOf(env)).toEqual({ cert: text('GRPC_TLS_CERT'), key: text('GRPC_TLS_KEY'), ca: text('GRPC_TLS_CA') });
    expect(tlsOf({})).toBeUndefined();
  });

  it('take several authorities in one file', () => {
    const both = join(directory(), 'both.pem');
    writeFileSync(both, readFileSync(env['GRPC_TLS_CA'] ?? '', 'utf8').repeat(2));
    expect(tlsOf({ ...env, GRPC_TLS_CA: both })?.ca).toHaveLength(2 * (tlsOf(env)?.ca.length ?? 0));
  });

  it('do not take a key that OpenSSL finds too small', async () => {
    const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(directory(), name)) as [string, string];
    const weak = await weakIdentity();
    writeFileSync(cert, weak.cert);
    writeFileSync(key, weak.key);
    expect(read({ ...env, GRPC_TLS_CERT: cert, GRPC_TLS_KEY: key })).toEqual({
      kind: 'invalid',
      text: "GRPC_TLS_CERT, GRPC_TLS_KEY, GRPC_TLS_CA are nothing to serve with: OpenSSL says 'ee key too small'\n",
    });
  });

  it.each([
    [['GRPC_TLS_CA'], /^GRPC_TLS_CERT and GRPC_TLS_KEY without GRPC_TLS_CA: allowed is all three of [^\n]*\n$/],
    [['GRPC_TLS_CERT', 'GRPC_TLS_KEY'], /^GRPC_TLS_CA without GRPC_TLS_CERT and GRPC_TLS_KEY: allowed is [^\n]*\n$/],
  ])('do not come without %j', (names, text) => {
    expect(read(without(...names))).toEqual({ kind: 'invalid', text: expect.stringMatching(text) });
  });

  it.each(['GRPC_TLS_CERT', 'GRPC_TLS_KEY', 'GRPC_TLS_CA'])(
    'refuse for %s what is no file, no PEM, or PEM of something else',
    (name) => {
      const broken = join(directory(), 'broken.pem');
      writeFileSync(broken, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
      const other = name === 'GRPC_TLS_KEY' ? env['GRPC_TLS_CERT'] : env['GRPC_TLS_KEY'];
      for (const file of ['/nothing/here', tmpdir(), broken, other ?? '']) {
        const allowed = new RegExp(
          `^${name} is "[^\\n]*": allowed is the path of a file that can be read and holds [^\\n]* as PEM\\n$`,
        );
        expect(read({ ...env, [name]: file })).toEqual({ kind: 'invalid', text: expect.stringMatching(allowed) });
      }
    },
  );

  it("refuse another certificate's key", () => {
    expect(read({ ...env, GRPC_TLS_KEY: otherKey })).toEqual({
      kind: 'invalid',
      text: expect.stringMatching(/^GRPC_TLS_KEY does not belong to GRPC_TLS_CERT: allowed is [^\n]*\n$/),
    });
  });
});
