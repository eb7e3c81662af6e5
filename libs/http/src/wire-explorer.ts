import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, HttpAdapterHost, MetadataScanner } from '@nestjs/core';
import { KvasirHttpAdapter } from './kvasir-http-adapter.js';
import { WIRE_CONTROLLER, WIRE_ROUTE, type WireControllerMetadata, type WireRouteMetadata } from './wire-decorators.js';
import type { WireHandler, WireRouter } from './wire-router.js';

/** Fills the router with the routes of all wire controllers that the application has. */
@Injectable()
export class WireExplorer implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly host: HttpAdapterHost,
  ) {}

  /** @throws Error when the application runs on another HTTP adapter, or a wire controller is made anew for each request */
  onModuleInit(): void {
    const adapter: unknown = this.host.httpAdapter;
    if (!(adapter instanceof KvasirHttpAdapter))
      throw new Error('wire controllers need an application that was created with KvasirHttpAdapter');
    for (const wrapper of this.discovery.getControllers()) {
      const type: unknown = wrapper.metatype;
      if (typeof type !== 'function') continue;
      const metadata = Reflect.getMetadata(WIRE_CONTROLLER, type) as WireControllerMetadata | undefined;
      if (metadata === undefined) continue;
      if (!wrapper.isDependencyTreeStatic())
        throw new Error(`${type.name} is a wire controller: it must not depend on anything request-scoped`);
      this.#register(adapter.router, wrapper.instance as Record<string, unknown>, metadata);
    }
  }

  #register(router: WireRouter, controller: Record<string, unknown>, { path, api }: WireControllerMetadata): void {
    for (const name of this.scanner.getAllMethodNames(Object.getPrototypeOf(controller) as object)) {
      const method = controller[name];
      if (typeof method !== 'function') continue;
      const route = Reflect.getMetadata(WIRE_ROUTE, method) as WireRouteMetadata | undefined;
      if (route === undefined) continue;
      const handler = method.bind(controller) as WireHandler;
      const { method: verb, streams } = route;
      router.add({ method: verb, template: join(path, route.path), prefix: join(path), streams, api, handler });
    }
  }
}

function join(...paths: string[]): string {
  return `/${paths
    .flatMap((path) => path.split('/'))
    .filter(Boolean)
    .join('/')}`;
}
