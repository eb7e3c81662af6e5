import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { NodeExchange } from './http-exchange.js';
import { KvasirHttpAdapter } from './kvasir-http-adapter.js';
import { WireRefusal } from './wire-refusal.js';

/** Answers what goes wrong inside Express's and Nest's pipeline as the dispatcher would: in the form of the API that owns the path. */
@Catch()
export class WireExceptionFilter implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: unknown, host: ArgumentsHost): void {
    // Errors of gRPC calls have a form of their own.
    if (host.getType() !== 'http') throw error;
    const adapter: unknown = this.host.httpAdapter;
    if (!(adapter instanceof KvasirHttpAdapter)) throw error;
    const http = host.switchToHttp();
    const req = http.getRequest<IncomingMessage>();
    const exchange =
      NodeExchange.of(req) ?? new NodeExchange(req, http.getResponse<ServerResponse>(), adapter.router.fallback, false);
    adapter.fail(
      exchange,
      error instanceof HttpException ? new WireRefusal(error.getStatus(), error.message, { cause: error }) : error,
    );
  }
}
