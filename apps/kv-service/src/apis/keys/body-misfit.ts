import type { JsonReadError } from '@kvasir/kv-core';

/** One thing that is wrong with a body, in the words and form of FastAPI with Pydantic 2. */
export class BodyMisfit {
  constructor(
    /** Where: `body`, and in it a member, or the byte at which it stops being JSON. */
    readonly loc: readonly ['body', ...(string | number)[]],
    /** For people. */
    readonly msg: string,
    /** For programs: one of Pydantic's error types. */
    readonly type: 'missing' | 'string_type' | 'model_attributes_type' | 'json_invalid',
  ) {}

  /** Something that must be there is not: a member, or the whole body. */
  static missing(...member: string[]): BodyMisfit {
    return new BodyMisfit(['body', ...member], 'Field required', 'missing');
  }

  /** A member that is no string. */
  static noString(member: string): BodyMisfit {
    return new BodyMisfit(['body', member], 'Input should be a valid string', 'string_type');
  }

  /** What the JSON reader refuses. */
  static ofJson(error: JsonReadError): BodyMisfit {
    if (error.reason === 'type') {
      const msg = 'Input should be a valid dictionary or object to extract fields from';
      return new BodyMisfit(['body'], msg, 'model_attributes_type');
    }
    return new BodyMisfit(['body', error.offset], `JSON decode error: ${error.message}`, 'json_invalid');
  }
}

/** A body that is JSON, but not what the request needs. */
export class BodyMisfitError extends Error {
  constructor(readonly misfits: readonly BodyMisfit[]) {
    super('the body does not fit');
    this.name = 'BodyMisfitError';
  }
}
