/** Whether the service is ready, as its health over gRPC says it. */
export interface RpcReadiness {
  /** Why it is not; undefined when it is. */
  problem(): Promise<string | undefined>;
  /** Calls `listener` when {@link problem} may have another answer. */
  onChange(listener: () => void): void;
}

/** What to inject for the {@link RpcReadiness}. */
export const RPC_READINESS = Symbol('rpc readiness');
