// Serves the built pages as the program does: with their policy, compressed, and counted; the rest is asked of whoever is given.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, relative } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

/** The policy of the dispatcher's page, without configured tiles. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

const KINDS = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

const PAGES = { '/': '/dispatch.html', '/login': '/login.html' };

/**
 * Starts a server on a free port of this machine. `other(request, response)` answers what is no file; `upgrade(request, socket, head)` takes
 * sockets. `sent` says how many bytes each file took.
 */
export async function servePages(dist, other, upgrade) {
  const packed = new Map(filesOf(dist).map((path) => [`/${path}`, pack(join(dist, path))]));
  const sent = new Map();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://here');
    const path = PAGES[pathname] ?? pathname;
    const found = request.method === 'GET' ? packed.get(path) : undefined;
    if (!found) return other(request, response);
    response.writeHead(200, {
      'content-type': KINDS[extname(path)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
      'content-length': found.body.length,
      'cache-control': 'no-store',
      ...(found.isPacked ? { 'content-encoding': 'br' } : {}),
    });
    sent.set(path, found.body.length);
    response.end(found.body);
  });
  server.on('upgrade', upgrade);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, sent, origin: `http://127.0.0.1:${server.address().port}` };
}

function filesOf(dist) {
  return readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dist, join(entry.parentPath ?? entry.path, entry.name)));
}

function pack(file) {
  const body = readFileSync(file);
  if (extname(file) === '.woff2') return { body, isPacked: false };
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  return { body: brotliCompressSync(body, quality), isPacked: true };
}
