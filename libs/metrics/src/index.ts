export { BucketCounts } from './bucket-counts.js';
export { CallCounts } from './call-counts.js';
export { register, type HistogramSample, type MetricDeclaration, type Sample } from './declared-metric.js';
export { MetricsText } from './metrics-text.js';
export { RequestCounts } from './request-counts.js';
export { callSamples, callTimes, requestSamples, requestTimes, single } from './samples.js';
