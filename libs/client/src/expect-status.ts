import { UnexpectedStatusError } from './errors.js';
import type { HttpAnswer } from './http-message.js';

/**
 * The answer, when it has this status.
 *
 * @throws UnexpectedStatusError
 */
export function expectStatus(answer: HttpAnswer, status: number): HttpAnswer {
  if (answer.status !== status) throw new UnexpectedStatusError(answer);
  return answer;
}
