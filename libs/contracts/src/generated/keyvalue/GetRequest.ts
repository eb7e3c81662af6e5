// Original file: libs/contracts/proto/keyvalue.proto

export interface GetRequest {
  key?: string;
}

export interface GetRequest__Output {
  key: string;
}
