import type { DayCode } from '../records';
import { momentOf } from '../zoned';

/** What a dispatcher typed to ask for a pickup. */
export interface Wish {
  labId: string;
  clinicId: string;
  date: string;
  from: string;
  to: string;
  packages: number;
  rush: boolean;
  notes: string;
  name: string;
  phone: string;
  repeats: 'never' | 'daily' | 'weekly' | 'biweekly';
  days: DayCode[];
  skipWeekends: boolean;
  ends: 'never' | 'until' | 'count';
  until: string;
  count: number;
  /** Dates on which nobody is there. */
  skipDates: string[];
}

/** The source under which the desk's own pickups are known. */
export const DESK_SOURCE = 'dispatch.desk';

/** The event that asks for it; `id` makes a second press of the button the same event. */
export function requestOf(wish: Wish, id: string, zone: string | undefined): object {
  const requestedBy = {
    ...(wish.name ? { name: wish.name } : {}),
    ...(wish.phone ? { phone: wish.phone } : {}),
  };
  return {
    id,
    source: DESK_SOURCE,
    detailType: 'PickupRequested',
    detail: {
      pickupId: `DESK-${id.slice(0, 8).toUpperCase()}`,
      labId: wish.labId,
      clinicId: wish.clinicId,
      windowStart: momentOf(wish.date, wish.from, zone).toISOString(),
      windowEnd: momentOf(wish.date, wish.to, zone).toISOString(),
      packageCount: wish.packages,
      isRush: wish.rush,
      ...(wish.notes ? { notes: wish.notes } : {}),
      ...(Object.keys(requestedBy).length > 0 ? { requestedBy } : {}),
      ...(wish.repeats === 'never' ? {} : { recurrence: recurrenceOf(wish) }),
    },
  };
}

function recurrenceOf(wish: Wish): object {
  return {
    frequency: wish.repeats,
    ...(wish.repeats !== 'daily' && wish.days.length > 0 ? { daysOfWeek: wish.days } : {}),
    ...(wish.repeats === 'daily' && wish.skipWeekends ? { skipWeekends: true } : {}),
    ...(wish.ends === 'until' && wish.until ? { until: wish.until } : {}),
    ...(wish.ends === 'count' ? { count: wish.count } : {}),
    ...(wish.skipDates.length > 0 ? { skipDates: wish.skipDates } : {}),
  };
}
