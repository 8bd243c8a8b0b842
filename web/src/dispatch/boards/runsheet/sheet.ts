import { ask } from '../../../api/client';
import { directory } from '../directory.svelte';
import {
  type Case,
  type Clinic,
  type Delivery,
  nameless,
  type Pickup,
  type Route,
  type Stop,
} from '../records';

/** One stop of a run sheet: no patient's name is on it. */
export interface SheetStop {
  stop: Stop;
  clinic: Clinic | undefined;
  name: string;
  cases: Case[];
  pickups: Pickup[];
  needsSignature: boolean;
}

export interface Sheet {
  route: Route;
  driverName: string;
  stops: SheetStop[];
  cases: number;
  packages: number;
}

/** Questions to the server at a time. */
const AT_ONCE = 6;

/** Answers in the order of the questions, a few at a time. */
export async function inTurn<A, B>(
  items: readonly A[],
  ask: (item: A) => Promise<B>,
  atOnce = AT_ONCE,
): Promise<B[]> {
  const answers = new Array<B>(items.length);
  let next = 0;
  const work = async () => {
    for (let at = next++; at < items.length; at = next++) answers[at] = await ask(items[at] as A);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return answers;
}

/** All that a driver needs on paper for a route. */
export async function sheetOf(routeId: string, labId: string): Promise<Sheet> {
  const query = labId ? `?labId=${encodeURIComponent(labId)}` : '';
  const route = await ask<Route>(`/v1/routes/${encodeURIComponent(routeId)}${query}`);
  const stops = route.stops
    .filter((stop) => stop.status !== 'skipped')
    .sort((a, b) => a.sequence - b.sequence);
  const deliveries = await inTurn(
    stops.flatMap((stop) => stop.deliveryIds),
    (id) => ask<Delivery>(nameless('deliveries', id, route.labId)),
  );
  const pickups = await inTurn(
    stops.flatMap((stop) => stop.pickupIds),
    (id) => ask<Pickup>(nameless('pickups', id, route.labId)),
  );
  const made = stops.map((stop): SheetStop => {
    const clinic = directory.clinic(route.labId, stop.clinicId);
    const brought = deliveries.filter(
      (one) => stop.deliveryIds.includes(one.deliveryId) && one.status !== 'cancelled',
    );
    const fetched = pickups.filter((one) => stop.pickupIds.includes(one.id) && one.status !== 'cancelled');
    return {
      stop,
      clinic,
      name: clinic?.name ?? stop.clinicName ?? stop.clinicId,
      cases: brought.flatMap((one) => one.cases ?? []),
      pickups: fetched,
      needsSignature: brought.some((one) => one.requiresSignature),
    };
  });
  return {
    route,
    driverName: directory.driverName(route.labId, route.driverId) ?? route.driverId,
    stops: made,
    cases: made.reduce((all, one) => all + one.cases.length, 0),
    packages: made.flatMap((one) => one.pickups).reduce((all, one) => all + one.packageCount, 0),
  };
}
