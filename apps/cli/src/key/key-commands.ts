import { randomBytes } from 'node:crypto';
import { digestOfApiKey, parseApiKeys, type ApiKeyEntry, type Verb } from '@kvasir/kv-core';
import { CommandError } from '../command-error.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { quoted } from '../printable.js';
import { say, tell, type Terminal } from '../terminal.js';
import { changeKeyFile, readKeyFile } from './key-file.js';

/** 256 bits: no guess gets near, so one round of SHA-256 keeps it. */
const KEY_BYTES = 32;

/** So that people and scanners for secrets know one when they see it. */
const KEY_MARK = 'kvasir_';

/** What a new key is to be. */
export interface NewKeyOptions {
  readonly name: string;
  readonly verbs: readonly Verb[];
  readonly prefix: readonly string[];
  /** The file that the key's entry is added to; absent: the entry is printed. */
  readonly file?: string;
}

/** Makes a random key and prints it, the only time that it is seen. What stands for it in the file is its digest. */
export function newKey(terminal: Terminal, { name, verbs, prefix, file }: NewKeyOptions): ExitStatus {
  if (prefix.length === 0 && verbs.some((verb) => verb !== 'monitor')) {
    throw new CommandError(
      'which keys is it for? --prefix user: says those that begin with it, --prefix "" says every key',
    );
  }
  const key = KEY_MARK + randomBytes(KEY_BYTES).toString('base64url');
  const [entry] = checked([{ name, sha256: digestOfApiKey(key), verbs, prefixes: prefix }]) as [ApiKeyEntry];
  if (file !== undefined) {
    changeKeyFile(file, (entries) => {
      if (entries.some((other) => other.name === name)) {
        throw new CommandError(
          `${file} has a key of the name ${quoted(name)} already; remove it, or choose another name`,
        );
      }
      return [...entries, entry];
    });
  }
  say(terminal, key);
  if (file === undefined) say(terminal, JSON.stringify(entry));
  tell(terminal, `This key is shown once: keep it where secrets are kept. ${nextStep(file)}`);
  return EXIT.ok;
}

/** Prints names and rights of the keys in a file. */
export function listKeys(terminal: Terminal, file: string): ExitStatus {
  for (const { name, verbs, prefixes } of readKeyFile(file)) {
    say(terminal, `${quoted(name)}  ${verbs.join(',')}  ${prefixes.map(quoted).join(' ') || '(no keys)'}`);
  }
  return EXIT.ok;
}

/** Takes a key out of a file, by its name. */
export function removeKey(terminal: Terminal, file: string, name: string): ExitStatus {
  // Without a file there is nothing to change.
  readKeyFile(file);
  changeKeyFile(file, (entries) => {
    const others = entries.filter((entry) => entry.name !== name);
    if (others.length === entries.length) throw new CommandError(`${file} has no key of the name ${quoted(name)}`);
    return others;
  });
  tell(terminal, `${quoted(name)} is removed from ${file}. ${RELOAD}`);
  return EXIT.ok;
}

const RELOAD = 'A running kv-service reads the file again on SIGHUP.';

function nextStep(file: string | undefined): string {
  return file === undefined
    ? 'Its entry, the second line, goes into the list in API_KEYS_FILE.'
    : `Its entry is in ${file}. ${RELOAD}`;
}

/** By the same rules as kv-service's. */
function checked(entries: readonly ApiKeyEntry[]): ApiKeyEntry[] {
  try {
    return parseApiKeys(JSON.stringify(entries));
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}
