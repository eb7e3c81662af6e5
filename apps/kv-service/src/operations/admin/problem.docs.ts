/** What a refusal of `/admin` looks like: `DEFAULT_API`'s form, the members of RFC 9457 and a text for people. */
export const PROBLEM = {
  schema: {
    type: 'object',
    required: ['error', 'type', 'title', 'status', 'detail'],
    properties: {
      error: { type: 'string' },
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
    },
  },
} as const;
