// Original file: libs/contracts/proto/keyvalue.proto

export interface SetRequest {
  key?: string;
  value?: string;
}

export interface SetRequest__Output {
  key: string;
  value: string;
}
