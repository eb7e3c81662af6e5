export * from '@kvasir/http';
