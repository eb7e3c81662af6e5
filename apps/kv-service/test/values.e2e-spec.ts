import { describe, expect, it } from '@jest/globals';
import { useTestServices, type ServiceProcess } from '@kvasir/test-harness';
import { spaced, VALUE_TEXTS } from './testing/texts.js';

const services = useTestServices();

async function expectAllAsSent({ http }: ServiceProcess): Promise<void> {
  for (const [i, text] of VALUE_TEXTS.entries()) {
    for (const key of [`put:${i}`, `spaced:${i}`, `batch:${i}`]) {
      expect((await http.get(`/kv/${key}`)).text).toBe(`{"value":${text}}`);
    }
  }
  const gets = VALUE_TEXTS.map((_, i) => `{"op":"get","key":"put:${i}"}`);
  const answer = await http.send('POST', '/kv/batch', { body: `{"operations":[${gets.join(',')}]}` });
  expect(answer.text).toBe(`{"success":true,"results":[${VALUE_TEXTS.map((text) => `{"value":${text}}`).join(',')}]}`);
  const bytes = VALUE_TEXTS.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  expect((await http.get('/stats')).json()).toMatchObject({ keys: 3 * VALUE_TEXTS.length, size_bytes: 3 * bytes });
}

describe('a value', () => {
  it('comes back as the text it was sent as, without the white space between its tokens, from a single and a batch read, and after a restart', async () => {
    const first = await services.start();
    const { http } = first;
    for (const [i, text] of VALUE_TEXTS.entries()) {
      const answers = [
        await http.send('PUT', `/kv/put:${i}`, { body: `{"value":${text}}` }),
        await http.send('PUT', `/kv/spaced:${i}`, { body: spaced(`{"ttl":null,"value":${text}}`) }),
      ];
      expect(answers.map(({ status, text: said }) => [status, said, text])).toEqual(
        answers.map(() => [200, '{"success":true}', text]),
      );
    }
    const sets = VALUE_TEXTS.map((text, i) => spaced(`{"op":"set","value":${text},"key":"batch:${i}"}`));
    const batch = await http.send('POST', '/kv/batch', { body: `{"operations":[${sets.join(',')}]}` });
    expect(batch.status).toBe(200);

    await expectAllAsSent(first);
    await first.kill();
    await expectAllAsSent(await services.start({ directory: first.directory }));
  });

  it('of about a megabyte comes back whole', async () => {
    const { http } = await services.start({ env: { STORE: 'memory' } });
    const text = `"${'aé😀\\n'.repeat(104_000)}"`;
    expect((await http.send('PUT', '/kv/a', { body: `{"value":${text}}` })).status).toBe(200);
    expect((await http.get('/kv/a')).text === `{"value":${text}}`).toBe(true);
  });
});
