// Original file: libs/contracts/proto/keyvalue.proto

export const DESCRIPTOR = {
  nested: {
    keyvalue: {
      nested: {
        KeyValueService: {
          methods: {
            Get: { requestType: 'GetRequest', responseType: 'GetResponse' },
            Set: { requestType: 'SetRequest', responseType: 'SetResponse' },
            Delete: { requestType: 'DeleteRequest', responseType: 'DeleteResponse' },
            Health: { requestType: 'HealthRequest', responseType: 'HealthResponse' },
          },
        },
        GetRequest: { fields: { key: { type: 'string', id: 1 } } },
        GetResponse: {
          fields: {
            value: { type: 'string', id: 1 },
            found: { type: 'bool', id: 2 },
            error: { type: 'string', id: 3 },
          },
        },
        SetRequest: { fields: { key: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } } },
        SetResponse: { fields: { success: { type: 'bool', id: 1 }, error: { type: 'string', id: 2 } } },
        DeleteRequest: { fields: { key: { type: 'string', id: 1 } } },
        DeleteResponse: { fields: { success: { type: 'bool', id: 1 }, error: { type: 'string', id: 2 } } },
        HealthRequest: { fields: {} },
        HealthResponse: { fields: { status: { type: 'string', id: 1 }, timestamp: { type: 'int64', id: 2 } } },
      },
    },
  },
};
