import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { packageVersion } from './package-version.js';

describe('packageVersion', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvasir-version-'));
    mkdirSync(join(folder, 'dist/apps/with space'), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const moduleUrl = () => pathToFileURL(join(folder, 'dist/apps/with space/main.js')).href;

  it('finds the nearest package.json above the module', () => {
    writeFileSync(join(folder, 'package.json'), '{"version":"1.2.3"}');
    expect(packageVersion(moduleUrl())).toBe('1.2.3');
    writeFileSync(join(folder, 'dist/package.json'), '{"version":"4.5.6"}');
    expect(packageVersion(moduleUrl())).toBe('4.5.6');
  });

  it("gives this package's version from its sources", () => {
    const own: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(own).toMatchObject({ version: packageVersion(import.meta.url) });
  });

  it.each(['{}', '{"version":1}', 'null'])('refuses a package.json without a version: %s', (content) => {
    writeFileSync(join(folder, 'package.json'), content);
    expect(() => packageVersion(moduleUrl())).toThrow('has no version');
  });

  it('ends at the root of the file system', () => {
    expect(() => packageVersion('file:///no-such-folder/deep/down/main.js')).toThrow(
      'there is no package.json above file:///no-such-folder/deep/down/main.js',
    );
  });
});
