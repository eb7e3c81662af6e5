import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const TOOL = fileURLToPath(new URL('architecture-doc.mjs', import.meta.url));

describe('docs/architecture.md', () => {
  it('draws the imports as they are', () => {
    const { status, stderr } = spawnSync(process.execPath, [TOOL, '--check'], { encoding: 'utf8' });
    // When this fails: npm run docs:architecture
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
