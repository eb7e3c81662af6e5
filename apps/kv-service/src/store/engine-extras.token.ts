/** What to inject for what the service's engine offers besides the port: an {@link EngineExtras}. */
export const ENGINE_EXTRAS = Symbol('engine extras');

/** What an engine offers besides the port, for whoever runs the service. */
export interface EngineExtras {
  /** Further members of `/stats`, for this engine. */
  figures(): Readonly<Record<string, unknown>>;
  /** Starts a compaction of the log; false when one is running already. Absent: this engine keeps no log. */
  readonly compactLog?: () => boolean;
}
