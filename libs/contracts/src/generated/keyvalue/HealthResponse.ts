// Original file: libs/contracts/proto/keyvalue.proto

import type { Long } from '@grpc/proto-loader';

export interface HealthResponse {
  /**
   * `healthy`.
   */
  status?: string;
  /**
   * The service's time, in Unix seconds.
   */
  timestamp?: number | string | Long;
}

export interface HealthResponse__Output {
  /**
   * `healthy`.
   */
  status: string;
  /**
   * The service's time, in Unix seconds.
   */
  timestamp: number;
}
