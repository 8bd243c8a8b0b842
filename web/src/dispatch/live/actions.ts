import { dialHref } from '../../dialled';
import { words } from '../../words/words';
import { desk } from '../desk.svelte';
import type { Exception } from '../desk/exceptions';
import { isOpen } from '../desk/lateness';
import { keyOf } from '../desk/records';
import { part } from '../parts';
import { placeWith } from '../places';
import { isMovable } from './drag.svelte';
import { stopsOf } from './line';
import { ui } from './ui.svelte';

/** A button or link of a card. */
export interface Action {
  text: string;
  href?: string;
  run?: () => void;
}

const told = words.dispatch.queue.actions;

/** What can be done about a card: the first is the main thing. Nothing that this role or server cannot do. */
export function actionsOf(one: Exception): Action[] {
  const all = [...main(one), ...second(one)].filter((action) => action !== undefined);
  const known = new Set<string>();
  return all.filter(({ text }) => !known.has(text) && known.add(text)).slice(0, 3);
}

type Maybe = Action | undefined;

function main(one: Exception): Maybe[] {
  switch (one.action) {
    case 'call':
      return [callDriver(one), one.code === 'driver_silent' ? handOver(one) : undefined, showDriver(one)];
    case 'move':
      return [move(one), showStop(one), callClinic(one)];
    case 'handOver':
      return [handOver(one), showDriver(one)];
    case 'assign':
      return [assign(one)];
    case 'showStop':
      return [showStop(one)];
    case 'showDriver':
      return [showDriver(one)];
    case 'clinic':
      return [one.code === 'notice_failed' ? callClinic(one) : undefined, clinic(one)];
    case 'delivery':
      return [delivery(one)];
    case 'messages':
      return [messages(one)];
  }
}

function second(one: Exception): Maybe[] {
  if (one.code === 'clinic_answered') return [move(one), callClinic(one)];
  if (one.code === 'crossed' || one.code === 'long_stop') return [callDriver(one), showStop(one)];
  if (one.code.startsWith('stop_')) return [callClinic(one)];
  return [];
}

function callDriver(one: Exception): Maybe {
  const driver = desk.drivers.get(one.driverKey ?? '');
  const href = dialHref(driver?.phone);
  return driver && href ? { text: told.call(driver.name), href } : undefined;
}

function callClinic(one: Exception): Maybe {
  const href = dialHref(desk.clinics.get(one.clinicKey ?? '')?.contact?.phone);
  return href ? { text: told.callClinic, href } : undefined;
}

function move(one: Exception): Maybe {
  const stop = desk.stops.get(one.stopKey ?? '');
  if (!stop || !isMovable(stop)) return undefined;
  return { text: told.move, run: () => ui.move(stop.key) };
}

function showStop(one: Exception): Maybe {
  const stop = desk.stops.get(one.stopKey ?? '');
  return stop ? { text: told.showStop, run: () => desk.select('stop', stop.key) } : undefined;
}

function showDriver(one: Exception): Maybe {
  const driver = desk.drivers.get(one.driverKey ?? '');
  return driver ? { text: told.showDriver, run: () => desk.select('driver', driver.key) } : undefined;
}

function handOver(one: Exception): Maybe {
  const driver = desk.drivers.get(one.driverKey ?? '');
  if (!driver || !desk.mayAct || stopsOf(driver).every((stop) => !isOpen(stop))) return undefined;
  const run = () => {
    desk.select('driver', driver.key);
    ui.handingOver = true;
  };
  return { text: told.handOver, run };
}

function assign(one: Exception): Maybe {
  const work = one.pickupId
    ? desk.pickups.get(keyOf(one.labId, one.pickupId))
    : desk.deliveries.get(keyOf(one.labId, one.deliveryId ?? ''));
  if (!work || !desk.mayAct) return undefined;
  return { text: told.assign, run: () => (ui.assigning = keyOf(work.labId, work.clinicId)) };
}

function clinic(one: Exception): Maybe {
  if (one.clinicKey === undefined || !part('clinics')) return undefined;
  const id = one.clinicKey.slice(one.labId.length + 1);
  return { text: told.clinic, href: placeWith('clinics', [id], { lab: one.labId }) };
}

function delivery(one: Exception): Maybe {
  if (one.deliveryId === undefined || !part('deliveries')) return undefined;
  return { text: told.delivery, href: placeWith('deliveries', [], { open: one.deliveryId }) };
}

const MESSAGES: Record<string, string> = {
  quarantined: '#/quarantine',
  dead_letters: '#/dead-letters',
  subscription_paused: '#/subscriptions',
};

function messages(one: Exception): Maybe {
  if (!desk.mayAct) return undefined;
  return { text: told.messages, href: `/integrations${MESSAGES[one.code] ?? ''}` };
}
