import { Api, type Json, type Role } from './api';
import type { Server } from './server';

/** The name of a patient that no page shows but to those who may read names, and no driver's or clinic's page ever. */
export const CANARY = 'Zzyzx-Canary';
/** What would run if a page took texts for markup. */
export const MARKUP = '<img src=x onerror="window.ran=true"><b>by the back door</b>';
/** Forty characters, one of the longest names that a clinic has. */
export const LONG_NAME = 'Kieferorthopädische Praxis am Tiergarten';

interface Place {
  lat: number;
  lng: number;
}

interface ClinicSeed {
  id: string;
  name: string;
  address: string;
  location: Place;
}

export const LAB: Place = { lat: 52.5301, lng: 13.3847 };

export const CLINICS: ClinicSeed[] = [
  ['C1', 'Zahnarztpraxis Dr. Sommer', 'Chausseestraße 8', 52.5352, 13.3791],
  ['C2', LONG_NAME, 'Turmstraße 21', 52.5256, 13.3432],
  ['C3', 'Praxis <b>Nord</b> & Söhne', 'Müllerstraße 140', 52.5471, 13.3551],
  ['C4', 'Zahnärzte am Ostkreuz', 'Sonntagstraße 3', 52.5044, 13.4679],
  ['C5', 'MVZ Kreuzberg', 'Gneisenaustraße 60', 52.4914, 13.3946],
  ['C6', 'Dr. Wagner & Partner', 'Kantstraße 112', 52.5063, 13.3045],
].map(([id, name, address, lat, lng]) => ({
  id: String(id),
  name: String(name),
  address: `${String(address)}, Berlin`,
  location: { lat: Number(lat), lng: Number(lng) },
}));

/** A lab with clinics, drivers and work, alone in its server or beside others. */
export interface City {
  lab: string;
  server: Server;
  /** The day, in the lab's zone. */
  date: string;
  /** A dispatcher of this lab. */
  desk: Api;
  /** Drivers by their id, each with a token of their own. */
  drivers: Record<'D1' | 'D2' | 'D3', Api>;
  /** Deliveries by clinic. */
  deliveries: Record<string, string>;
  /** `D1`: C1, C2, C3, and `D2`: C4, C5. C6 waits for somebody who goes there. */
  routes: Record<'D1' | 'D2', Json>;
  /** A new token of that role, for this lab. */
  token(role: Role): Promise<Api>;
}

let made = 0;

/** Makes one through the public API. `started`: the vans are on the road. */
export async function city(server: Server, started = true): Promise<City> {
  made += 1;
  const lab = `LAB${process.pid}-${made}`;
  const token = async (role: Role, more: object = {}) => {
    const { token: secret } = await server.admin.post('/v1/tokens', { role, labId: lab, ...more });
    return new Api(server.origin, secret);
  };
  await server.admin.put(`/v1/labs/${lab}`, {
    name: 'Dentallabor Nordlicht',
    timeZone: 'Europe/Berlin',
    location: LAB,
    phone: '+49 30 5550100',
  });
  const desk = await token('dispatcher');
  for (const { id, ...clinic } of CLINICS) {
    await desk.put(`/v1/clinics/${id}`, {
      ...clinic,
      labId: lab,
      contact: { name: 'Frau Weber', phone: `+49 30 55502${id.slice(1)}0` },
      access: { note: `Ring twice. ${MARKUP}`, lockBox: id !== 'C3', receivers: ['Frau Weber', 'Herr Ott'] },
    });
  }
  const drivers: Partial<City['drivers']> = {};
  for (const [id, name] of [
    ['D1', 'Jonas Becker'],
    ['D2', 'Mira Yılmaz'],
    ['D3', 'Paul Krüger'],
  ] as const) {
    await desk.put(`/v1/drivers/${id}`, { labId: lab, name });
    drivers[id] = await token('driver', { driverId: id });
  }
  const date = server.now().toISOString().slice(0, 10);
  const work = await orders(server, lab, date);
  const routes = {
    D1: await route(server, desk, lab, 'D1', date, work, ['C1', 'C2', 'C3'], 20),
    D2: await route(server, desk, lab, 'D2', date, work, ['C4', 'C5'], 40),
  };
  if (started) {
    for (const each of Object.values(routes)) await desk.post(`/v1/routes/${each.id}/start`, {});
  }
  return {
    lab,
    server,
    date,
    desk,
    drivers: drivers as City['drivers'],
    deliveries: work.deliveries,
    routes,
    token,
  };
}

interface Work {
  deliveries: Record<string, string>;
  pickups: Record<string, string[]>;
}

/** Cases of patients, among them one that needs a signature, one in a hurry and one that breaks; and pickups. */
async function orders(server: Server, lab: string, date: string): Promise<Work> {
  const work: Work = { deliveries: {}, pickups: {} };
  const cases = [
    ['C1', 'K-101', { packageSpecs: { weight: 0.4, requiresSignature: true } }],
    ['C1', 'K-102', { packageSpecs: { weight: 0.2 } }],
    ['C2', 'K-201', { priority: 'RUSH', packageSpecs: { weight: 0.3 } }],
    ['C3', 'K-301', { packageSpecs: { weight: 1.1, fragile: true } }],
    ['C4', 'K-401', {}],
    ['C5', 'K-501', {}],
    ['C6', 'K-601', {}],
  ] as const;
  for (const [clinicId, caseId, more] of cases) {
    const result = await server.admin.event('cases.production', 'CaseReadyToShip', {
      ...{ caseId, clinicId, labId: lab, requestedDeliveryDate: date, patientName: CANARY },
      ...more,
    });
    work.deliveries[clinicId] = result.deliveryId;
  }
  const pickups = [
    ['C2', 'P-21', { packageCount: 2, notes: `For ${CANARY}: ${MARKUP}` }],
    ['C5', 'P-51', { packageCount: 1 }],
    ['C6', 'P-61', { packageCount: 3, isRush: true, notes: MARKUP }],
  ] as const;
  for (const [clinicId, pickupId, more] of pickups) {
    const result = await server.admin.event('crm.portal', 'PickupRequested', {
      ...{ pickupId, clinicId, labId: lab, windowStart: server.inMinutes(30) },
      ...{ windowEnd: server.inMinutes(240), metadata: { patientName: CANARY } },
      ...more,
    });
    (work.pickups[clinicId] ??= []).push(result.id);
  }
  return work;
}

async function route(
  server: Server,
  desk: Api,
  lab: string,
  driverId: string,
  date: string,
  work: Work,
  clinics: string[],
  first: number,
): Promise<Json> {
  const stops = clinics.map((clinicId, index) => ({
    clinicId,
    deliveryIds: [work.deliveries[clinicId]],
    pickupIds: work.pickups[clinicId] ?? [],
    windowStart: server.inMinutes(first + index * 25 - 20),
    windowEnd: server.inMinutes(first + index * 25 + 40),
  }));
  return desk.post('/v1/routes', { labId: lab, driverId, date, stops });
}

/** The place of a clinic. */
export function placeOf(clinic: string): Place {
  const found = CLINICS.find(({ id }) => id === clinic);
  if (!found) throw new Error(`no clinic ${clinic}`);
  return found.location;
}

/** A point on the straight way between two places; `share` 0 to 1. */
export function between(from: Place, to: Place, share: number): Place {
  return { lat: from.lat + (to.lat - from.lat) * share, lng: from.lng + (to.lng - from.lng) * share };
}

/** Sends where a driver is, as their phone would, at the server's time. */
export async function position(
  city: City,
  driver: 'D1' | 'D2' | 'D3',
  at: Place,
  more: object = {},
): Promise<Json> {
  const fix = {
    coordinates: at,
    timestamp: city.server.now().toISOString(),
    speed: 32,
    heading: 270,
    accuracy: 8,
    battery: 74,
    ...more,
  };
  return city.drivers[driver].post(`/v1/drivers/${driver}/positions`, fix);
}
