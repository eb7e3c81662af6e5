// Original file: libs/contracts/proto/keyvalue.proto

export interface DeleteResponse {
  /**
   * Always true, whether the key was there or not: what goes wrong is the call's status.
   */
  success?: boolean;
  /**
   * Always empty.
   */
  error?: string;
}

export interface DeleteResponse__Output {
  /**
   * Always true, whether the key was there or not: what goes wrong is the call's status.
   */
  success: boolean;
  /**
   * Always empty.
   */
  error: string;
}
