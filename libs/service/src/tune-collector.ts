import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 put all new objects where the young ones are. By itself it learns from what survived a few collections at which places of the code objects live long, and puts those
 * that are made there with the old ones from then on. In a service whose requests overlap it learns so of what a request needs for some milliseconds, and then each of these objects waits for a collection of the whole heap and keeps
 * alive until then what it points to: of a gRPC call's processor time that was a quarter (docs/performance.md).
 */
export function tuneCollector(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
