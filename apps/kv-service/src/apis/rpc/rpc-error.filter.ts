import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { throwError, type Observable } from 'rxjs';
import { INTERNAL_STATUS, knownStatus } from './rpc-status.js';

/** Turns what a handler throws into the call's status; what nobody threw on purpose is logged. */
@Catch()
export class RpcErrorFilter implements RpcExceptionFilter {
  constructor(@InjectPinoLogger(RpcErrorFilter.name) private readonly logger: PinoLogger) {}

  catch(error: unknown): Observable<never> {
    const known = knownStatus(error);
    if (known === undefined) this.logger.error({ err: error, api: 'rpc' }, 'a request failed unexpectedly');
    return throwError(() => known ?? INTERNAL_STATUS);
  }
}
