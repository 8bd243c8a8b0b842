// A made-up city: clinics, drivers on routes through them, and where everybody is now. The same seed is the same city.

const LAB = 'LAB001';
const MIDDLE = { lat: 41.33, lng: -86.85 };
const KM_LAT = 1 / 110.574;
const KM_LNG = 1 / (111.32 * Math.cos((MIDDLE.lat * Math.PI) / 180));
const HALF_KM = 18;

export function city({ drivers = 500, clinics = 2_000, seed = 7 } = {}) {
  const chance = dice(seed);
  const place = () => ({
    lat: round(MIDDLE.lat + (chance() * 2 - 1) * HALF_KM * KM_LAT),
    lng: round(MIDDLE.lng + (chance() * 2 - 1) * HALF_KM * KM_LNG),
  });
  const now = Date.now();
  const iso = (at) => new Date(at).toISOString();
  const date = iso(now).slice(0, 10);

  const theClinics = Array.from({ length: clinics }, (_, n) => ({
    id: `CLI-${String(n + 1).padStart(4, '0')}`,
    labId: LAB,
    name: `${STREETS[n % STREETS.length]} Street Dental ${n + 1}`,
    location: place(),
    timeZone: 'UTC',
    version: 1,
    verified: true,
  }));
  const theDrivers = Array.from({ length: drivers }, (_, n) => ({
    id: `DRV-${n + 1}`,
    labId: LAB,
    name: `${FIRST[n % FIRST.length]} ${LAST[Math.floor(n / FIRST.length) % LAST.length]}`,
    shift: { from: '00:00:00', to: '23:59:00' },
    version: 1,
  }));
  const deliveries = [];
  const routes = theDrivers.map((driver, n) => {
    const id = `${driver.id}-R`;
    const stops = Array.from({ length: 8 }, (_, s) => {
      const clinic = theClinics[(n * 4 + s * 131) % theClinics.length];
      const deliveryId = `${id}.${s}.d`;
      deliveries.push({
        deliveryId,
        labId: LAB,
        clinicId: clinic.id,
        deliveryDate: date,
        status: 'out_for_delivery',
        priority: deliveries.length % 97 === 0 ? 'RUSH' : 'STANDARD',
        packageCount: 1 + (s % 3),
        version: 1,
      });
      return {
        id: `${id}.${s}`,
        labId: LAB,
        routeId: id,
        sequence: s + 1,
        clinicId: clinic.id,
        deliveryIds: [deliveryId],
        pickupIds: [],
        windowStart: iso(now),
        windowEnd: iso(now + (30 + s * 30 - (n % 20) * 2) * 60_000),
        status: 'planned',
        version: 1,
      };
    });
    return {
      id,
      routeId: id,
      labId: LAB,
      driverId: driver.id,
      date,
      status: 'started',
      startedAt: iso(now - 1_800_000),
      stops,
      version: 1,
    };
  });

  const vans = theDrivers.map((driver, n) => ({
    driver,
    route: routes[n],
    ...place(),
    heading: Math.floor(chance() * 360),
    speed: 20 + chance() * 30,
  }));
  return {
    labs: [
      { id: LAB, name: 'Halden Dental Lab', timeZone: 'UTC', location: MIDDLE, version: 1, verified: true },
    ],
    clinics: theClinics,
    drivers: theDrivers,
    routes,
    deliveries,
    vans,
    /** Where a van is after so many seconds more, as the live stream says it. */
    drive(van, seconds, seq) {
      if (chance() < 0.15) van.heading = (van.heading + (chance() < 0.5 ? 90 : 270)) % 360;
      const km = (van.speed / 3_600) * seconds;
      van.lat = round(van.lat + Math.cos((van.heading * Math.PI) / 180) * km * KM_LAT);
      van.lng = round(van.lng + Math.sin((van.heading * Math.PI) / 180) * km * KM_LNG);
      const at = Date.now();
      const ahead = van.route.stops.slice(0, 3);
      return {
        type: 'DRIVER_LOCATION_UPDATE',
        seq,
        labId: LAB,
        ...located(van, at),
        updatedStops: ahead.map((stop, n) => ({
          id: stop.id,
          eta: iso(at + (n + 1) * 600_000 + Math.floor(chance() * 60_000)),
          distance: round1(2 + n * 3),
          etaSource: 'history',
        })),
      };
    },
    snapshot: (seq) => ({
      type: 'SNAPSHOT',
      epoch: 'bench',
      seq,
      drivers: vans.map((van) => ({
        labId: LAB,
        name: van.driver.name,
        ...located(van, Date.now()),
        updatedStops: van.route.stops.map((stop, n) => ({
          id: stop.id,
          eta: iso(Date.now() + (n + 1) * 900_000),
          distance: 2,
          etaSource: 'history',
        })),
      })),
      routes,
      alerts: [],
    }),
  };

  function located(van, at) {
    const [next] = van.route.stops;
    return {
      driverId: van.driver.id,
      routeId: van.route.id,
      coordinates: { lat: van.lat, lng: van.lng },
      timestamp: iso(at),
      speed: round1(van.speed),
      heading: van.heading,
      accuracy: van.driver.id.endsWith('7') ? 80 : 5,
      battery: 80,
      nextStop: {
        id: next.id,
        clinicId: next.clinicId,
        clinicName: next.clinicId,
        eta: iso(at + 600_000),
        distance: 2.1,
      },
    };
  }
}

const STREETS = ['Hawthorn', 'Ash', 'Alder', 'Cedar', 'Elm', 'Fir', 'Rowan', 'Court', 'Church', 'Mill'];
const FIRST = [
  'Ada',
  'Ben',
  'Cleo',
  'Dana',
  'Eva',
  'Femi',
  'Gus',
  'Hana',
  'Ivo',
  'Jun',
  'Kim',
  'Lea',
  'Max',
  'Nia',
  'Ole',
  'Pia',
  'Quin',
  'Rosa',
  'Sam',
  'Tom',
  'Uma',
  'Vic',
  'Wes',
  'Xenia',
  'Yara',
];
const LAST = [
  'Brandt',
  'Okafor',
  'Martin',
  'Lund',
  'Silva',
  'Novak',
  'Kaya',
  'Meyer',
  'Rossi',
  'Sato',
  'Adeyemi',
  'Park',
  'Ferrari',
  'Jansen',
  'Olsen',
  'Costa',
  'Weber',
  'Haddad',
  'Ivanov',
  'Moreau',
];

/** Numbers from 0 to 1 that look like chance (mulberry32). */
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function round(degrees) {
  return Math.round(degrees * 1e6) / 1e6;
}

function round1(value) {
  return Math.round(value * 10) / 10;
}
