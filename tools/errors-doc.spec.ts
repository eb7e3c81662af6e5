import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { errorStatus } from '@kvasir/http';
import { ERROR_CATALOGUE, KvError, type ErrorCode, type JsonReadReason, type OperationFailure } from '@kvasir/kv-core';
import ts from 'typescript';

const ROOT = new URL('../', import.meta.url);
const DOCUMENT = readFileSync(new URL('docs/errors.md', ROOT), 'utf8');

// `tsc` refuses a missing or a made-up member.
const JSON_REASONS: Record<JsonReadReason, true> = {
  empty: true,
  encoding: true,
  syntax: true,
  depth: true,
  duplicate: true,
  type: true,
};
const FAILURES: Record<OperationFailure, true> = {
  KEY_NOT_FOUND: true,
  KEY_EXISTS: true,
  NOT_AN_INTEGER: true,
  OUT_OF_RANGE: true,
};

/** The rows of the one table below a heading, each as its cells without backquotes. */
function rowsBelow(heading: string): string[][] {
  const from = DOCUMENT.indexOf(`\n## ${heading}\n`);
  if (from < 0) throw new Error(`docs/errors.md has no heading "## ${heading}"`);
  const section = DOCUMENT.slice(from + 1).split('\n## ', 1)[0]!;
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

/** What an HTTP client is answered for a code: the error's own status, or 500 for what it is not told of. */
function statusOf(code: ErrorCode): number {
  return errorStatus(new KvError(code, 'x'))?.status ?? 500;
}

/** Text of a string or template, with `…` for what is put in; undefined for any other expression. */
function textOf(node: ts.Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
}

function memberOf(node: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const member = node.properties.find((property) => property.name?.getText() === name);
  return member !== undefined && ts.isPropertyAssignment(member) ? member.initializer : undefined;
}

/** Every refusal in the HTTP seam's source whose status and text stand there: `status text`. */
function refusalsOfTheSeam(): string[] {
  const folder = new URL('libs/http/src/', ROOT);
  const found = new Set<string>();
  const add = (status: ts.Node | undefined, text: ts.Node | undefined): void => {
    const words = textOf(text);
    if (status !== undefined && ts.isNumericLiteral(status) && words !== undefined)
      found.add(`${status.text} ${words}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'WireRefusal') add(...pair(node.arguments));
    if (ts.isObjectLiteralExpression(node)) add(memberOf(node, 'status'), memberOf(node, 'text'));
    ts.forEachChild(node, visit);
  };
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.spec.ts') || file.startsWith('testing')) continue;
    const path = fileURLToPath(new URL(file, folder));
    visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true));
  }
  return [...found].sort();
}

function pair(list: ts.NodeArray<ts.Expression> | undefined): [ts.Expression | undefined, ts.Expression | undefined] {
  return [list?.[0], list?.[1]];
}

describe('docs/errors.md', () => {
  it("has each code of the store's catalogue, with its status and meaning", () => {
    const documented = rowsBelow("The store's codes").map(([code, status, meaning]) => ({ code, status, meaning }));
    const declared = Object.entries(ERROR_CATALOGUE).map(([code, { meaning }]) => ({
      code,
      status: String(statusOf(code as ErrorCode)),
      meaning,
    }));
    expect(documented).toEqual(declared);
  });

  it('says of each code what to do', () => {
    for (const [, , , advice] of rowsBelow("The store's codes")) expect(advice).toMatch(/^\w.{10,}\.$/);
  });

  it('has each refusal of the HTTP seam with its status and text', () => {
    const documented = rowsBelow('Refused before an API sees it').map(([status, text]) => `${status} ${text}`);
    expect(documented.sort()).toEqual(refusalsOfTheSeam());
  });

  it('has each reason for which a body is not read', () => {
    expect(rowsBelow('Bodies that are refused').map(([reason]) => reason)).toEqual(Object.keys(JSON_REASONS));
  });

  it('has each way in which an operation can fail', () => {
    expect(rowsBelow('Operations that fail').map(([failure]) => failure)).toEqual(Object.keys(FAILURES));
  });

  it('has the error form of each wire API', () => {
    const folder = new URL('apps/kv-service/src/apis/', ROOT);
    const names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(rowsBelow("The APIs' forms").map(([name]) => name)).toEqual(expect.arrayContaining(names));
  });
});
