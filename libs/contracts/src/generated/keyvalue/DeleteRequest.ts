// Original file: libs/contracts/proto/keyvalue.proto

export interface DeleteRequest {
  key?: string;
}

export interface DeleteRequest__Output {
  key: string;
}
