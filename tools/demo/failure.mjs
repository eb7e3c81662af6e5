/** What the demo found to be wrong; its message is for whoever runs the demo. */
export class DemoFailure extends Error {
  name = 'DemoFailure';
}
