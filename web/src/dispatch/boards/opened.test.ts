import { afterEach, expect, it, vi } from 'vitest';
import { Opened } from './opened.svelte';

const answers = (...bodies: (object | number)[]) =>
  vi.stubGlobal(
    'fetch',
    vi.fn(() => {
      const body = bodies.shift() ?? 500;
      return Promise.resolve(
        typeof body === 'number'
          ? new Response('{}', { status: body, headers: { 'content-type': 'application/json' } })
          : new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } }),
      );
    }),
  );
afterEach(() => vi.unstubAllGlobals());

it('does not go back to an older answer that came later', async () => {
  const opened = new Opened<{ version: number; day: string }>(() => '/v1/x');
  answers({ version: 2, day: 'old' });
  opened.take({ version: 3, day: 'new' });
  await opened.load();
  expect(opened.value?.day).toBe('new');
});

it('looks again when somebody else was faster', async () => {
  const opened = new Opened<{ version: number }>(() => '/v1/x');
  opened.take({ version: 1 });
  answers(412, { version: 5 });
  expect(await opened.change('PATCH', '/v1/x', {}, 'said')).toBeUndefined();
  expect(opened.changeFault?.status).toBe(412);
  expect(opened.value?.version).toBe(5);
});
