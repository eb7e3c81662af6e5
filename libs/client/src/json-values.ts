import { JsonReader, type JsonText } from '@kvasir/kv-core';
import { MalformedAnswerError, ValueRefusedError } from './errors.js';
import type { HttpAnswer } from './http-message.js';

// Deeper than the service lets any value be (MAX_JSON_DEPTH is 4,096 at most), with room for what is around it.
const MAX_DEPTH = 4200;

/**
 * The JSON text of a value, by `JSON.stringify`.
 *
 * @throws ValueRefusedError for what has none: undefined, functions, symbols, BigInt, circular objects
 */
export function jsonTextOf(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new ValueRefusedError(`the value has no JSON text: ${String(error)}`, { cause: error });
  }
  if (text === undefined) throw new ValueRefusedError(`the value has no JSON text: it is of type ${typeof value}`);
  return text;
}

/**
 * Checks a text that is to be sent as it is.
 *
 * @throws ValueRefusedError when it is not one JSON document
 */
export function checkedJsonText(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new ValueRefusedError(`the text is not one JSON document: ${String(error)}`, { cause: error });
  }
  return text;
}

/**
 * The members of the object that an answer's body is, each as its own JSON text: numbers keep all their digits.
 *
 * @throws MalformedAnswerError when the body was cut off, is not JSON in UTF-8, or not an object
 */
export function membersOf(answer: HttpAnswer): Map<string, JsonText> {
  if (answer.truncated) throw new MalformedAnswerError(answer, `its body has more than ${answer.body.length} bytes`);
  return read(answer, answer.body, readMembers);
}

/**
 * A member that must be there.
 *
 * @throws MalformedAnswerError when it is not
 */
export function memberOf(answer: HttpAnswer, members: ReadonlyMap<string, JsonText>, name: string): JsonText {
  const text = members.get(name);
  if (text === undefined) throw new MalformedAnswerError(answer, `its body has no "${name}"`);
  return text;
}

/** The members of each object of an array in an answer. */
export function membersOfEach(answer: HttpAnswer, array: JsonText): Map<string, JsonText>[] {
  return read(answer, Buffer.from(array), (reader) => {
    const objects: Map<string, JsonText>[] = [];
    reader.enterArray();
    while (reader.nextElement()) objects.push(readMembers(reader));
    return objects;
  });
}

/** What an error answer's body says, as far as it is a JSON object; an empty one for anything else. */
export function parsedObject({ text }: HttpAnswer): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function readMembers(reader: JsonReader): Map<string, JsonText> {
  const members = new Map<string, JsonText>();
  reader.enterObject();
  for (let name = reader.nextMember(); name !== undefined; name = reader.nextMember()) {
    members.set(name, reader.readValue());
  }
  return members;
}

function read<T>(answer: HttpAnswer, bytes: Buffer, how: (reader: JsonReader) => T): T {
  try {
    const reader = new JsonReader(bytes, { maxDepth: MAX_DEPTH });
    const result = how(reader);
    reader.end();
    return result;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new MalformedAnswerError(answer, `its body is not the expected JSON (${problem})`, { cause: error });
  }
}
