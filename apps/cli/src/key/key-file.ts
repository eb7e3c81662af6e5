import {
  chownSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { ApiKeyFileError, parseApiKeys, type ApiKeyEntry } from '@kvasir/kv-core';
import { CommandError } from '../command-error.js';
import { quoted } from '../printable.js';
import { codeOf } from '../system-code.js';

/** Nobody but its owner reads a new file. */
const NEW_FILE_MODE = 0o600;
const PERMISSIONS = 0o777;

/**
 * The entries of a file of API keys (API_KEYS_FILE).
 *
 * @throws CommandError for a file that is none
 */
export function readKeyFile(path: string): ApiKeyEntry[] {
  const text = readFileSync(path, 'utf8');
  try {
    return parseApiKeys(text);
  } catch (error) {
    if (!(error instanceof ApiKeyFileError)) throw error;
    throw new CommandError(`${path} is no file of API keys: ${error.message}`);
  }
}

/**
 * Replaces the entries of a file of API keys: whoever reads it sees the old list or the new one, also after a crash. A file that is not there is made; one that is there keeps its owner
 * and its permissions.
 *
 * @param change gets the entries as they are
 */
export function changeKeyFile(path: string, change: (entries: readonly ApiKeyEntry[]) => readonly ApiKeyEntry[]): void {
  const file = existing(path);
  const target = file?.path ?? path;
  const beside = `${target}.new`;
  // Made before the file is read: of two commands at once, one is told to wait.
  const descriptor = openExclusively(beside);
  try {
    try {
      const entries = change(file === undefined ? [] : readKeyFile(target));
      writeSync(descriptor, `${JSON.stringify(entries, undefined, 2)}\n`);
      if (file !== undefined) {
        const { uid, gid, mode } = file;
        const own = statSync(beside);
        if (own.uid !== uid || own.gid !== gid) chownSync(beside, uid, gid);
        fchmodSync(descriptor, mode);
      }
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

function existing(path: string): { path: string; uid: number; gid: number; mode: number } | undefined {
  try {
    const target = realpathSync(path);
    const { uid, gid, mode } = statSync(target);
    return { path: target, uid, gid, mode: mode & PERMISSIONS };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function openExclusively(path: string): number {
  try {
    return openSync(path, 'wx', NEW_FILE_MODE);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    throw new CommandError(
      `${quoted(path)} is there: another command is changing the file, or was killed while it did; remove it when there is none`,
    );
  }
}
