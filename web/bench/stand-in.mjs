// Answers what the dispatcher's page asks of the program, for a made-up city, and streams its vans.
import { accept } from './socket.mjs';

const PERIOD_MS = 3_000;
/** Drivers are heard of one after the other, not all at once. */
const TICK_MS = 20;

export function standIn(city) {
  let seq = 1;
  const answers = {
    '/v1/me': () => ({
      tokenId: 't',
      role: 'dispatcher',
      labId: null,
      driverId: null,
      clinicId: null,
      sources: [],
    }),
    '/readyz': () => ({ status: 'ready', clock: { now: new Date().toISOString(), rate: 1, set: false } }),
    '/openapi.json': () => ({ paths: {} }),
    '/v1/labs': (query) => page(city.labs, query),
    '/v1/clinics': (query) => page(city.clinics, query),
    '/v1/drivers': (query) => page(city.drivers, query),
    '/v1/routes': (query) => page(query.get('status') === 'finished' ? [] : city.routes, query),
    '/v1/deliveries': (query) =>
      page(query.get('status') === 'out_for_delivery' ? city.deliveries : [], query),
    '/v1/pickups': (query) => page([], query),
    '/v1/alerts': (query) => page([], query),
  };

  function other(request, response) {
    const url = new URL(request.url, 'http://here');
    const answer = answers[url.pathname];
    const body = answer
      ? JSON.stringify(answer(url.searchParams))
      : JSON.stringify({ type: 'urn:pontic:problem:not_found', status: 404 });
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(body);
  }

  let timer;
  function upgrade(request, socket) {
    const send = accept(request, socket);
    send(JSON.stringify(city.snapshot(seq)));
    clearInterval(timer);
    const began = performance.now();
    let driven = 0;
    timer = setInterval(() => {
      const due = Math.floor(((performance.now() - began) / PERIOD_MS) * city.vans.length);
      for (; driven < due; driven += 1) {
        seq += 1;
        const van = city.vans[driven % city.vans.length];
        send(JSON.stringify(city.drive(van, PERIOD_MS / 1_000, seq)));
      }
    }, TICK_MS);
    socket.on('close', () => clearInterval(timer));
  }

  return { other, upgrade, sent: () => seq - 1, stop: () => clearInterval(timer) };
}

function page(items, query) {
  const limit = Number(query.get('limit') ?? 200);
  const from = Number(query.get('after') ?? 0);
  const next = from + limit < items.length ? String(from + limit) : null;
  return { items: items.slice(from, from + limit), next };
}
