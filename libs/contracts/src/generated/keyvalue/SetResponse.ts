// Original file: libs/contracts/proto/keyvalue.proto

export interface SetResponse {
  /**
   * Always true: what goes wrong is the call's status.
   */
  success?: boolean;
  /**
   * Always empty.
   */
  error?: string;
}

export interface SetResponse__Output {
  /**
   * Always true: what goes wrong is the call's status.
   */
  success: boolean;
  /**
   * Always empty.
   */
  error: string;
}
