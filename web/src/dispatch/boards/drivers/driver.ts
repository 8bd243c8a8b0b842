import type { Driver } from '../records';

/** A driver as it stands in the form. */
export interface DriverDraft {
  name: string;
  phone: string;
  from: string;
  to: string;
  capacity: number | undefined;
}

export function draftOf(driver: Driver): DriverDraft {
  return {
    name: driver.verified || driver.name !== driver.id ? driver.name : '',
    phone: driver.phone ?? '',
    from: driver.shift?.from.slice(0, 5) ?? '',
    to: driver.shift?.to.slice(0, 5) ?? '',
    capacity: driver.capacity,
  };
}

/** What the server counts itself, or the form says. */
const OWN = [
  'id',
  'version',
  'verified',
  'presence',
  'presenceSince',
  'pausedUntil',
  'phone',
  'shift',
  'capacity',
];

/** What a PUT sends. Members that the form does not show go back as they came. */
export function bodyOf(
  draft: DriverDraft,
  base: Partial<Driver> & { labId: string },
): Record<string, unknown> {
  const kept = Object.entries(base).filter(([member]) => !OWN.includes(member));
  const phone = draft.phone.trim();
  return {
    ...Object.fromEntries(kept),
    name: draft.name.trim(),
    ...(phone === '' ? {} : { phone }),
    ...(draft.from && draft.to ? { shift: { from: draft.from, to: draft.to } } : {}),
    ...(draft.capacity === undefined || draft.capacity === null ? {} : { capacity: draft.capacity }),
  };
}
