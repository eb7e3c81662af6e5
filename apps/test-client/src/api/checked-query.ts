import { WireRefusal, type WireQuery } from '@kvasir/http';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

/**
 * A query as an instance of a class whose decorators say what fits.
 *
 * @throws WireRefusal 400 for a parameter that the class does not have, that is given twice, or whose value does not fit
 */
export function checkedQuery<T extends object>(type: new () => T, query: WireQuery): T {
  const given = Object.fromEntries(query.names().map((name) => [name, query.get(name)]));
  const instance = plainToInstance(type, given);
  const [problem] = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true, stopAtFirstError: true });
  if (problem === undefined) return instance;
  if (problem.constraints?.['whitelistValidation'] !== undefined) {
    throw new WireRefusal(400, `${JSON.stringify(problem.property)} is no parameter of this request`);
  }
  const [text = `the parameter ${JSON.stringify(problem.property)} does not fit`] = Object.values(
    problem.constraints ?? {},
  );
  throw new WireRefusal(400, text);
}
