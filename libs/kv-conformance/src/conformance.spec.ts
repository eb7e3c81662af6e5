import { describeKvStore } from './describe-kv-store.js';
import { referenceEngine } from './testing/reference-store.js';

describeKvStore('a reference store in memory', referenceEngine({ durable: false, shared: false }));
describeKvStore('a durable reference store', referenceEngine({ durable: true, shared: false }));
describeKvStore('a durable, shared reference store', referenceEngine({ durable: true, shared: true }));
