// Original file: libs/contracts/proto/keyvalue.proto

export interface GetResponse {
  /**
   * The string; of a value that is no string, its JSON text. Empty when there is none.
   */
  value?: string;
  /**
   * Whether the key is there.
   */
  found?: boolean;
  /**
   * Always empty: what goes wrong is the call's status.
   */
  error?: string;
}

export interface GetResponse__Output {
  /**
   * The string; of a value that is no string, its JSON text. Empty when there is none.
   */
  value: string;
  /**
   * Whether the key is there.
   */
  found: boolean;
  /**
   * Always empty: what goes wrong is the call's status.
   */
  error: string;
}
