// Original file: libs/contracts/proto/keyvalue.proto

export interface HealthRequest {}

export interface HealthRequest__Output {}
