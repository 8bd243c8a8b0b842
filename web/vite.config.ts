import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { serviceWorker } from './service-worker.ts';

const page = (name: string) => fileURLToPath(new URL(`${name}.html`, import.meta.url));

/** Where a server of ours listens while screens are being worked on: `npm run dev`. */
const server = process.env['PONTIC'] ?? 'http://127.0.0.1:8080';

/** What the server serves at addresses of its own, while vite serves the sources. */
const pages: Record<string, string> = {
  '/': '/dispatch.html',
  '/integrations': '/integrations.html',
  '/drive': '/drive.html',
  '/login': '/login.html',
};

export default defineConfig({
  plugins: [
    svelte(),
    serviceWorker(),
    {
      name: 'pages-as-served',
      configureServer(vite) {
        vite.middlewares.use((request, _response, next) => {
          const [path = '', query] = (request.url ?? '').split('?');
          const entry = path.startsWith('/t/') && !path.slice(3).includes('/') ? '/track.html' : pages[path];
          if (entry && request.method === 'GET')
            request.url = query === undefined ? entry : `${entry}?${query}`;
          next();
        });
      },
    },
  ],
  // Addresses of assets begin at the root, wherever a page lies.
  base: '/',
  build: {
    target: 'es2022',
    // A policy that allows no `data:` scripts and few `data:` files: everything is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: {
        dispatch: page('dispatch'),
        integrations: page('integrations'),
        drive: page('drive'),
        track: page('track'),
        login: page('login'),
      },
    },
  },
  server: {
    proxy: {
      '^/(v1|ws|schemas|docs|openapi.json|asyncapi.json|readyz|healthz|webhooks|logout)': {
        target: server,
        ws: true,
      },
      '^/t/[^/]+/': server,
      '^/login$': {
        target: server,
        bypass: (request) => (request.method === 'GET' ? '/login.html' : undefined),
      },
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
