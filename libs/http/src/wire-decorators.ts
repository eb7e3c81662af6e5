import 'reflect-metadata';
import {
  applyDecorators,
  Controller,
  createParamDecorator,
  Delete,
  Get,
  Post,
  Put,
  SetMetadata,
  type ExecutionContext,
} from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { NodeExchange } from './http-exchange.js';
import type { WireApi } from './wire-errors.js';
import type { WireRequest } from './wire-request.js';
import type { WireHandler, WireMethod } from './wire-router.js';

/** Metadata key of {@link WireControllerMetadata} on a class. */
export const WIRE_CONTROLLER = Symbol('wire controller');
/** Metadata key of {@link WireRouteMetadata} on a method. */
export const WIRE_ROUTE = Symbol('wire route');

export interface WireControllerMetadata {
  readonly path: string;
  readonly api: WireApi;
}

export interface WireRouteMetadata {
  readonly method: WireMethod;
  readonly path: string;
  /** See `WireRoute.streams`. */
  readonly streams?: string;
}

/** The request on the way through Nest: what the dispatcher has read and decoded. */
const FromExchange = createParamDecorator((_data: unknown, context: ExecutionContext): WireRequest | undefined => {
  return NodeExchange.of(context.switchToHttp().getRequest<IncomingMessage>())?.request;
});

/**
 * A Nest controller whose routes belong to a wire API. Unknown paths below `path` are answered in the API's error form.
 *
 * @param path without a leading slash; empty for routes at the root, which claims no unknown path
 */
export function WireController(path: string, api: WireApi): ClassDecorator {
  return applyDecorators(
    Controller(path),
    SetMetadata(WIRE_CONTROLLER, { path, api } satisfies WireControllerMetadata),
  );
}

/** Decorates a method `(request: WireRequest) => WireAnswer | Promise<WireAnswer>`. */
export type WireRouteDecorator = <T extends WireHandler>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<T>,
) => void;

/** A GET route, and HEAD with it. Segments that start with a colon are parameters; `:key` is a store key, checked and decoded before the handler runs. */
export const WireGet = (path = ''): WireRouteDecorator => wireRoute('GET', path, Get(path));

/** A PUT route; its body, if any, is JSON, read before the handler runs. */
export const WirePut = (path = ''): WireRouteDecorator => wireRoute('PUT', path, Put(path));

/** A POST route; its body, if any, is JSON, read before the handler runs. */
export const WirePost = (path = ''): WireRouteDecorator => wireRoute('POST', path, Post(path));

/** A POST route whose body, of this media type, its handler reads itself: {@link WireRequest.stream}. It may be longer than MAX_BODY_BYTES. */
export const WirePostStream = (path: string, mediaType: string): WireRouteDecorator =>
  wireRoute('POST', path, Post(path), mediaType);

/** A DELETE route; a body is ignored. */
export const WireDelete = (path = ''): WireRouteDecorator => wireRoute('DELETE', path, Delete(path));

function wireRoute(method: WireMethod, path: string, nestRoute: MethodDecorator, streams?: string): WireRouteDecorator {
  return (target, name, descriptor) => {
    nestRoute(target, name, descriptor);
    SetMetadata(WIRE_ROUTE, { method, path, streams } satisfies WireRouteMetadata)(target, name, descriptor);
    FromExchange()(target, name, 0);
  };
}
