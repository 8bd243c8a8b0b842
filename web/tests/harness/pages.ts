import { once } from 'node:events';
import { createServer as listen, type AddressInfo } from 'node:net';
import type { ViteDevServer } from 'vite';
import type { Server } from './server';

/**
 * Where the pages come from: the program itself, or with `PONTIC_PAGES=vite` the sources as they are, so that a change of a screen is
 * seen without building the program again. What counts is the program: only there do the pages stand under their policy.
 */
export class Pages {
  private constructor(
    readonly origin: string,
    private readonly vite: ViteDevServer | undefined,
  ) {}

  static async of(server: Server): Promise<Pages> {
    if (process.env['PONTIC_PAGES'] !== 'vite') return new Pages(server.origin, undefined);
    process.env['PONTIC'] = server.origin;
    const { createServer } = await import('vite');
    const port = await freePort();
    const vite = await createServer({
      root: new URL('../..', import.meta.url).pathname,
      logLevel: 'error',
      // Each worker packs what the sources depend on for itself.
      cacheDir: `node_modules/.vite-tests-${process.env['TEST_PARALLEL_INDEX'] ?? '0'}`,
      server: { port, strictPort: true, host: '127.0.0.1', hmr: false, watch: null },
    });
    await vite.listen();
    return new Pages(`http://127.0.0.1:${port}`, vite);
  }

  async end(): Promise<void> {
    await this.vite?.close();
  }
}

async function freePort(): Promise<number> {
  const listener = listen().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}
