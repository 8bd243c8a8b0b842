import { ask, Problem } from '../../api/client';
import { newId } from '../../api/id';
import { toasts } from '../../design/toasts.svelte';
import { words } from '../../words/words';
import { desk } from '../desk.svelte';
import type { RouteNow, StopNow } from '../desk/now';
import { keyOf } from '../desk/records';
import { takeOn, type Fit, type Waiting } from '../desk/tray';

const { move: moveWords, panel, tray: trayWords } = words.dispatch;

/** What moving a stop means, or meant. */
export interface Moved {
  fromRouteId: string;
  toRouteId: string;
  position: number;
  /** `null`: nothing is known of the times. */
  addedMinutes: number | null;
  savedMinutes: number | null;
  becomesLate: string[];
  /** Where the route calls at the clinic anyway, that stop's id: the work joins it. */
  joins?: string | null;
  undo: { routeId: string; position: number } | null;
  /** As it is after the move; none where it was only asked. */
  stop?: { version: number };
}

export interface Goal {
  routeId: string;
  /** The place among the route's open stops, from 1; absent: where it costs least. */
  position?: number;
}

function at(path: string, labId: string): string {
  return `${path}?labId=${encodeURIComponent(labId)}`;
}

/** What it would mean to move a stop there. */
export function previewMove(stop: StopNow, goal: Goal, signal?: AbortSignal): Promise<Moved> {
  const path = `${at(`/v1/stops/${encodeURIComponent(stop.id)}/move`, stop.labId)}&preview=1`;
  return ask<Moved>(path, { method: 'POST', body: goal, ...(signal ? { signal } : {}) });
}

/** Moves a stop, and offers the way back. Gives whether it was done. */
export async function moveStop(stop: StopNow, goal: Goal): Promise<boolean> {
  const clinic = desk.clinicName(stop.labId, stop.clinicId, stop);
  try {
    const moved = await sendMove(stop, goal, stop.version);
    const driver = routeDriver(stop.labId, moved.toRouteId);
    const isSame = moved.fromRouteId === moved.toRouteId;
    const { undo } = moved;
    const said = isSame ? moveWords.reordered(clinic) : moveWords.moved(clinic, driver);
    toasts.say(said, undo ? () => moveBack(stop, undo, clinic, moved.stop?.version) : undefined);
    return true;
  } catch (error) {
    toasts.fault(refusal(error, stop.labId));
    await desk.refreshRoute(stop.labId, stop.routeId);
    return false;
  }
}

/** Only what was moved is moved back: of that version, as the move left it. */
async function moveBack(stop: StopNow, goal: Goal, clinic: string, version?: number): Promise<void> {
  try {
    await sendMove(stop, goal, version);
    toasts.say(moveWords.movedBack(clinic));
  } catch (error) {
    toasts.fault(refusal(error, stop.labId));
  }
}

async function sendMove(stop: StopNow, goal: Goal, version?: number): Promise<Moved> {
  const moved = await ask<Moved>(at(`/v1/stops/${encodeURIComponent(stop.id)}/move`, stop.labId), {
    method: 'POST',
    body: goal,
    ...(version === undefined ? {} : { headers: { 'if-match': `"${version}"` } }),
  });
  await refresh(stop.labId, [moved.fromRouteId, moved.toRouteId]);
  return moved;
}

/** Shows what was done without waiting for the stream; where that fails, it was done all the same, and the stream tells of it. */
async function refresh(labId: string, routeIds: string[]): Promise<void> {
  await Promise.allSettled(routeIds.map((routeId) => desk.refreshRoute(labId, routeId)));
}

/** Why something was refused, in one sentence with who has it now. */
export function refusal(error: unknown, labId: string): string {
  if (!(error instanceof Problem)) return String(error);
  const current = error.body['current'] as { driverId?: string } | undefined;
  const driver = current?.driverId ? desk.driverName(labId, current.driverId) : '';
  const code = error.status === 412 ? 'version_mismatch' : error.code;
  const said = moveWords.refused[code as keyof typeof moveWords.refused] as
    string | ((driver: string) => string) | undefined;
  const isAboutDriver = typeof said === 'function';
  if (isAboutDriver && driver) return said(driver);
  return typeof said === 'string' ? said : error.message;
}

/** What a preview says, in one line: "+7 min for Tom, Ana saves 5, makes North Dental late". */
export function told(moved: Moved, labId: string): string {
  const to = routeDriver(labId, moved.toRouteId);
  const parts = [
    moved.addedMinutes === null
      ? moveWords.toUnknown(to)
      : moveWords.added(Math.round(moved.addedMinutes), to),
  ];
  if (moved.fromRouteId !== moved.toRouteId && moved.savedMinutes !== null)
    parts.push(moveWords.saved(routeDriver(labId, moved.fromRouteId), Math.round(moved.savedMinutes)));
  if (moved.joins) parts.push(moveWords.joins);
  parts.push(
    moved.becomesLate.length > 0 ? moveWords.makesLate(lateNames(moved, labId)) : moveWords.noneLate,
  );
  return parts.join(', ');
}

function lateNames(moved: Moved, labId: string): string[] {
  return moved.becomesLate.map((id) => {
    const stop = desk.stops.get(keyOf(labId, id));
    return stop ? desk.clinicName(labId, stop.clinicId, stop) : id;
  });
}

function routeDriver(labId: string, routeId: string): string {
  const route = desk.routes.get(keyOf(labId, routeId));
  return route ? desk.driverName(labId, route.driverId) : routeId;
}

/** All that is left of routes goes to another driver, or nothing of it; the way back is offered. */
export async function handOver(routes: RouteNow[], driverId: string, stops: number): Promise<boolean> {
  const [first] = routes;
  if (!first) return false;
  const before = first.driverId;
  if (!(await giveAll(routes, driverId))) return false;
  toasts.say(panel.driver.handedOver(stops, desk.driverName(first.labId, driverId)), async () => {
    if (await giveAll(routes, before))
      toasts.say(panel.driver.handedBack(desk.driverName(first.labId, before)));
  });
  return true;
}

/** Gives all routes to a driver. Where one is refused, those that he has by then go back: half of a day is nobody's plan. */
async function giveAll(routes: RouteNow[], driverId: string): Promise<boolean> {
  const given: { route: RouteNow; from: string }[] = [];
  try {
    for (const route of routes) {
      const from = desk.routes.get(route.key)?.driverId ?? route.driverId;
      await giveTo(route, driverId);
      given.push({ route, from });
    }
    return true;
  } catch (error) {
    toasts.fault(refusal(error, routes[0]?.labId ?? ''));
  }
  for (const { route, from } of given.reverse()) {
    try {
      await giveTo(route, from);
    } catch (error) {
      toasts.fault(
        panel.driver.halfHandedOver(desk.driverName(route.labId, driverId), refusal(error, route.labId)),
      );
    }
  }
  return false;
}

async function giveTo(route: RouteNow, driverId: string): Promise<void> {
  await ask(at(`/v1/routes/${encodeURIComponent(route.id)}`, route.labId), {
    method: 'PATCH',
    body: { driverId },
  });
  await refresh(route.labId, [route.id]);
}

/** Where a visit of a clinic costs least today, the best first. */
export async function fits(one: Pick<Waiting, 'labId' | 'clinicId'>, signal?: AbortSignal): Promise<Fit[]> {
  const { items } = await ask<{ items: Fit[] }>('/v1/fit', {
    method: 'POST',
    body: { labId: one.labId, date: desk.today(one.labId), clinicId: one.clinicId },
    ...(signal ? { signal } : {}),
  });
  return items;
}

/** Puts what waits at a clinic on a route. */
export async function assign(one: Waiting, routeId: string, position: number): Promise<boolean> {
  const path = at(`/v1/routes/${encodeURIComponent(routeId)}`, one.labId);
  const clinic = desk.clinicName(one.labId, one.clinicId);
  const visit = newId();
  try {
    // The newest order, not the one that was seen some seconds ago.
    const route = await ask<RouteNow>(path);
    const change = takeOn(one, route.stops, position, visit);
    await ask(path, { method: 'PATCH', body: change });
    await desk.refreshRoute(one.labId, routeId);
    const said = trayWords.assigned(clinic, desk.driverName(one.labId, route.driverId));
    // More work for a stop that was there anyway has no way back that would not take away the stop.
    toasts.say(said, change.order ? () => takeOff(one, path, routeId, visit) : undefined);
    return true;
  } catch (error) {
    toasts.fault(refusal(error, one.labId));
    return false;
  }
}

async function takeOff(one: Waiting, path: string, routeId: string, stopId: string): Promise<void> {
  try {
    await ask(path, { method: 'PATCH', body: { removeStops: [stopId] } });
    await desk.refreshRoute(one.labId, routeId);
    toasts.say(trayWords.takenOff(desk.clinicName(one.labId, one.clinicId)));
  } catch (error) {
    toasts.fault(refusal(error, one.labId));
  }
}

/** What a driver who phones in has done. */
export async function record(
  stop: StopNow,
  what: 'arrive' | 'complete' | 'fail' | 'skip',
  body: object = {},
): Promise<boolean> {
  try {
    await ask(at(`/v1/stops/${encodeURIComponent(stop.id)}/${what}`, stop.labId), { method: 'POST', body });
    await desk.refreshRoute(stop.labId, stop.routeId);
    toasts.say(panel.stop.done[what]);
    return true;
  } catch (error) {
    toasts.fault(refusal(error, stop.labId));
    return false;
  }
}
