import { expect, test } from '@jest/globals';
import { PAGE_HEADERS } from './page-headers.js';

test("the headers of pages are helmet's, with a policy that lets in nothing from elsewhere", () => {
  expect(PAGE_HEADERS).toMatchObject({
    'Content-Security-Policy': expect.stringContaining("default-src 'self'"),
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  });
  expect(PAGE_HEADERS['Content-Security-Policy']).not.toMatch(/https?:|unsafe-eval|script-src[^;]*unsafe|upgrade/);
});

test('no header tells a browser to ask for HTTPS on other ports of the host', () => {
  expect(Object.keys(PAGE_HEADERS)).not.toContain('Strict-Transport-Security');
});
