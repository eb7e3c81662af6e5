import { contentOfJsonString, JsonReader, readMembers, type JsonText, type RequestLimits } from '@kvasir/kv-core';
import { BodyMisfit, BodyMisfitError } from './body-misfit.js';

/** The body of a `POST` or `PUT /keys/:key`. */
export interface KeyAndValue {
  /** Any text: nobody has compared it with the path's key yet. */
  readonly key: string;
  readonly value: JsonText;
}

/**
 * Decodes `{"key": "…", "value": <json>}`; further members are ignored.
 *
 * @throws JsonReadError for what is no JSON object
 * @throws BodyMisfitError for members that are missing or of another type; no body and `null` are a missing body, as in FastAPI
 */
export function decodeKeyAndValue(body: Buffer, limits: RequestLimits): KeyAndValue {
  if (body.length === 0) throw new BodyMisfitError([BodyMisfit.missing()]);
  const reader = new JsonReader(body, { maxDepth: limits.maxJsonDepth });
  if (reader.peek() === 'null') {
    reader.skipValue();
    reader.end();
    throw new BodyMisfitError([BodyMisfit.missing()]);
  }
  const members = readMembers(reader, ['key', 'value']);
  reader.end();

  const { value } = members;
  const key = members.key === undefined ? undefined : contentOfJsonString(members.key);
  if (key !== undefined && value !== undefined) return { key, value };
  const misfits: BodyMisfit[] = [];
  if (key === undefined)
    misfits.push(members.key === undefined ? BodyMisfit.missing('key') : BodyMisfit.noString('key'));
  if (value === undefined) misfits.push(BodyMisfit.missing('value'));
  throw new BodyMisfitError(misfits);
}
