import { type Channel, type Clinic, type Coordinates, DAY_CODES, type DayCode, type Open } from '../records';

/** Kinds of notices that a clinic is told, as docs/notices.md lists them; the first ones are told where nobody says. */
export const NOTICE_KINDS = [
  'arrival',
  'onTheWay',
  'pickupConfirmed',
  'pickupMoved',
  'pickupCancelled',
  'pickupMissed',
  'deliveryScheduled',
  'deliveryChanged',
  'deliveryCompleted',
  'deliveryFailed',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];
const USUAL: readonly NoticeKind[] = ['arrival', 'pickupConfirmed'];

/** How a kind is told: as usual, or by the channels that were chosen. */
export type Told = 'usual' | 'never' | 'email' | 'sms' | 'both';
export const TOLD: readonly Told[] = ['usual', 'never', 'email', 'sms', 'both'];

/** Whether a kind is told where nobody says. */
export const isUsual = (kind: NoticeKind) => USUAL.includes(kind);

/** A clinic as it stands in the form: texts, and lists as lines. */
export interface Draft {
  id: string;
  labId: string;
  name: string;
  address: string;
  location: Coordinates | undefined;
  radius: number | undefined;
  timeZone: string;
  /** Without hours it counts as always open. */
  alwaysOpen: boolean;
  hours: Record<DayCode, Open[]>;
  holidays: string[];
  contactName: string;
  contactPhone: string;
  contactEmail: string;
  accessNote: string;
  lockBox: boolean;
  receivers: string;
  email: string;
  sms: string;
  language: '' | 'en' | 'de';
  kinds: Record<NoticeKind, Told>;
  quietFrom: string;
  quietTo: string;
  digest: number | undefined;
}

const short = (time: string) => time.slice(0, 5);
const lines = (text: string) => [...new Set(text.split(/[\n,;]/).map((line) => line.trim()))].filter(Boolean);

const channels: Record<Exclude<Told, 'usual'>, Channel[]> = {
  never: [],
  email: ['email'],
  sms: ['sms'],
  both: ['email', 'sms'],
};

function toldOf(chosen: readonly Channel[] | undefined): Told {
  if (chosen === undefined) return 'usual';
  if (chosen.length === 2) return 'both';
  return chosen[0] ?? 'never';
}

/** What the form begins with. */
export function draftOf(clinic: Clinic): Draft {
  const { notify = {}, access = {}, contact = {} } = clinic;
  const kinds = NOTICE_KINDS.map((kind) => [kind, toldOf(notify.kinds?.[kind])] as const);
  const hours = DAY_CODES.map(
    (day) =>
      [
        day,
        (clinic.hours?.[day] ?? []).map(({ from, to }) => ({ from: short(from), to: short(to) })),
      ] as const,
  );
  return {
    id: clinic.id,
    labId: clinic.labId,
    // A stub is called by its id until somebody says.
    name: clinic.verified || clinic.name !== clinic.id ? clinic.name : '',
    address: clinic.address ?? '',
    location: clinic.location,
    radius: clinic.fence?.radius,
    timeZone: clinic.timeZone ?? '',
    alwaysOpen: Object.keys(clinic.hours ?? {}).length === 0,
    hours: Object.fromEntries(hours) as Record<DayCode, Open[]>,
    holidays: [...(clinic.holidays ?? [])],
    contactName: contact.name ?? '',
    contactPhone: contact.phone ?? '',
    contactEmail: contact.email ?? '',
    accessNote: access.note ?? '',
    lockBox: access.lockBox ?? false,
    receivers: (access.receivers ?? []).join('\n'),
    email: (notify.email ?? []).join('\n'),
    sms: (notify.sms ?? []).join('\n'),
    language: notify.language ?? '',
    kinds: Object.fromEntries(kinds) as Record<NoticeKind, Told>,
    quietFrom: short(notify.quietHours?.from ?? ''),
    quietTo: short(notify.quietHours?.to ?? ''),
    digest: notify.digestMinutes,
  };
}

/** What a PUT sends: all of the clinic, with what the form does not show taken from `base`. Empty things are left out. */
export function bodyOf(draft: Draft, base: Clinic): Record<string, unknown> {
  const fence = {
    ...(draft.radius === undefined ? {} : { radius: draft.radius }),
    ...(base.fence?.polygon?.length ? { polygon: base.fence.polygon } : {}),
  };
  return whole({
    labId: draft.labId,
    name: draft.name.trim(),
    address: draft.address.trim(),
    location: draft.location,
    timeZone: draft.timeZone.trim(),
    hours: hoursOf(draft),
    holidays: draft.holidays.filter(Boolean).sort(),
    fence: whole(fence),
    contact: whole({
      name: draft.contactName.trim(),
      phone: draft.contactPhone.trim(),
      email: draft.contactEmail.trim(),
    }),
    access: whole({
      note: draft.accessNote.trim(),
      lockBox: draft.lockBox || undefined,
      receivers: lines(draft.receivers),
    }),
    notify: notifyOf(draft, base),
  });
}

/** Days without hours are closed; they are named, or a clinic that is closed all week would be always open. */
function hoursOf(draft: Draft): Record<string, Open[]> | undefined {
  if (draft.alwaysOpen) return undefined;
  return Object.fromEntries(
    DAY_CODES.map((day) => [day, draft.hours[day].filter((open) => open.from && open.to)]),
  );
}

function notifyOf(draft: Draft, base: Clinic): Record<string, unknown> {
  const kinds: Record<string, Channel[]> = {};
  // Kinds that this form does not know stay as they are.
  for (const [kind, chosen] of Object.entries(base.notify?.kinds ?? {}))
    if (!(NOTICE_KINDS as readonly string[]).includes(kind)) kinds[kind] = chosen;
  for (const kind of NOTICE_KINDS) {
    const told = draft.kinds[kind];
    if (told !== 'usual') kinds[kind] = channels[told];
  }
  return whole({
    email: lines(draft.email),
    sms: lines(draft.sms),
    language: draft.language,
    kinds,
    quietHours: draft.quietFrom && draft.quietTo ? { from: draft.quietFrom, to: draft.quietTo } : undefined,
    digestMinutes: draft.digest,
  });
}

/** Without members that say nothing. */
function whole(of: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** One member that two people changed differently. */
export interface Conflict {
  member: string;
  theirs: unknown;
  mine: unknown;
}

/** What came of two changes of one clinic: what only one of them changed is settled, the rest is asked. */
export function merged(
  base: Record<string, unknown>,
  theirs: Record<string, unknown>,
  mine: Record<string, unknown>,
): { settled: Record<string, unknown>; conflicts: Conflict[] } {
  const settled: Record<string, unknown> = {};
  const conflicts: Conflict[] = [];
  for (const member of new Set([...Object.keys(base), ...Object.keys(theirs), ...Object.keys(mine)])) {
    const [was, other, own] = [base, theirs, mine].map((of) => same(of[member]));
    if (own === was || own === other) settled[member] = theirs[member];
    else if (other === was) settled[member] = mine[member];
    else conflicts.push({ member, theirs: theirs[member], mine: mine[member] });
  }
  return { settled: whole(settled), conflicts };
}

/** A value as a text that is the same for the same value, whatever the order of its members. */
function same(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a.localeCompare(b)))
        : inner,
    ) ?? ''
  );
}
