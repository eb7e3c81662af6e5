import { JsonReader, type JsonReaderOptions } from './json-reader.js';
import type { JsonText } from './json-text.js';

/** The texts of the members that were asked for; those that the object does not have are absent. */
export type Members<Name extends string> = { readonly [N in Name]?: JsonText };

/**
 * Reads the object that comes next: the wanted members as text, the others skipped (checked all the same).
 *
 * @throws JsonReadError for whatever is no object, and for one that has a member twice
 */
export function readMembers<Name extends string>(reader: JsonReader, wanted: readonly Name[]): Members<Name> {
  const members: { [N in Name]?: JsonText } = {};
  reader.enterObject();
  for (let name = reader.nextMember(); name !== undefined; name = reader.nextMember()) {
    if ((wanted as readonly string[]).includes(name)) members[name as Name] = reader.readValue();
    else reader.skipValue();
  }
  return members;
}

/**
 * Reads a JSON text that is one object, the usual envelope of a request: see {@link readMembers}.
 *
 * @param bytes the whole text
 * @throws JsonReadError for whatever is no such text
 */
export function readEnvelope<Name extends string>(
  bytes: Buffer,
  options: JsonReaderOptions,
  wanted: readonly Name[],
): Members<Name> {
  const reader = new JsonReader(bytes, options);
  const members = readMembers(reader, wanted);
  reader.end();
  return members;
}
