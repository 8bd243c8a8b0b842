import { timeOfDay } from '../../ages';
import { words } from '../../words/words';
import { desk } from '../desk.svelte';
import type { Exception } from '../desk/exceptions';
import { isOpen, minutesLate } from '../desk/lateness';
import type { StopNow } from '../desk/now';
import type { ClinicAnswer } from '../desk/records';

const told = words.dispatch.queue.what;

/** A card in words: what, and one line more. */
export interface Sentence {
  what: string;
  detail: string;
}

/** A reason in words; one that a driver wrote himself is told as it is. */
export function reason(code: string): string {
  return words.dispatch.reasons[code] ?? code.replaceAll('_', ' ');
}

/** Why somebody is silent, in words. */
export function cause(code: string): string {
  return words.dispatch.causes[code] ?? code.replaceAll('_', ' ');
}

/** What a clinic answered, in words; `zone` is the clinic's. */
export function answer(one: Pick<ClinicAnswer, 'kind' | 'until' | 'count'>, zone?: string): string {
  const answers = words.dispatch.answers;
  if (one.kind === 'closed_until') {
    const until = one.until ?? '';
    // The wall clock's `14:00`, or a moment.
    return answers.closed_until(until.includes('T') ? timeOfDay(until, zone) : until);
  }
  return one.kind === 'more_to_fetch' ? answers.more_to_fetch(one.count ?? 1) : answers.lock_box;
}

/** What a card says, for people. */
export function sentence(one: Exception, now: number): Sentence {
  const about = new About(one);
  return (SAID[one.code] ?? unknown)(about, now);
}

/** What a card is about, in names. */
class About {
  readonly alert;
  readonly stop: StopNow | undefined;
  readonly clinic: string;
  readonly driver: string;

  constructor(readonly one: Exception) {
    this.alert = one.alerts[0];
    this.stop = one.stopKey === undefined ? undefined : desk.stops.get(one.stopKey);
    const clinicId = this.stop?.clinicId ?? this.text('clinicId');
    this.clinic = clinicId ? desk.clinicName(one.labId, clinicId, this.stop) : '';
    const driverKey = one.driverKey ?? this.driverOfStop();
    this.driver = driverKey
      ? (desk.drivers.get(driverKey)?.name ?? driverKey.split('/').slice(1).join('/'))
      : '';
  }

  text(field: string): string {
    const value = this.alert?.[field];
    return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  }

  time(at: number | string | undefined): string {
    return at === undefined || at === '' ? '' : timeOfDay(at, desk.zone(this.one.labId));
  }

  /** How many alerts are behind the card. */
  get count(): number {
    return this.one.alerts.length;
  }

  private driverOfStop(): string | undefined {
    const route = this.stop && desk.routeOf(this.stop);
    return route && `${route.labId}/${route.driverId}`;
  }
}

type Say = (about: About, now: number) => Sentence;

const unknown: Say = (about) => ({
  what: told.unknown(about.one.code),
  detail: about.clinic || about.driver,
});

const trouble =
  (what: (clinic: string) => string): Say =>
  (about) => {
    const undone = about.stop?.undone ?? [];
    const isMissing = about.one.code === 'stop_partly_done' && undone.some((one) => one.reason === 'missing');
    const shown = undone.slice(0, 3).map((one) => told.undone(caseName(one.id), reason(one.reason)));
    const because = about.text('reason') || (about.stop?.reason ?? '');
    const detail =
      shown.length > 0
        ? told.undoneDetail(about.driver, shown.join(', '))
        : told.reasonDetail(about.driver, reason(because || 'other'));
    return { what: (isMissing ? told.stopPartlyMissing : what)(about.clinic), detail };
  };

const silent =
  (what: (name: string) => string, field: string): Say =>
  (about) => ({
    what: what(about.clinic || about.text(field)),
    detail: told.silentDetail(about.text('usually')),
  });

/** A pickup is named by its sender's id where that is known; our own ids say nothing to people. */
function caseName(id: string): string {
  return id.length > 24 ? words.dispatch.tray.toFetch(1) : id;
}

const rush =
  (what: (about: About) => string): Say =>
  (about) => {
    const { stop, one } = about;
    if (one.action === 'assign') return { what: what(about), detail: told.rushFree };
    if (!stop) return { what: what(about), detail: told.rushDone };
    const detail =
      isOpen(stop) && stop.at !== undefined
        ? told.rushOn(about.driver, about.time(stop.at))
        : isOpen(stop)
          ? told.rushOnPlanned(about.driver)
          : `${words.shell.states[stop.status]}, ${about.time(stop.closedAt)}`;
    return { what: what(about), detail };
  };

const SAID: Record<string, Say> = {
  late: (about) => ({
    what: told.late(about.clinic, minutesLate(about.stop?.windowEnd, about.stop?.at)),
    detail: told.lateDetail(about.time(about.stop?.at), about.time(about.stop?.windowEnd), about.driver),
  }),
  window_over: (about) => ({
    what: told.windowOver(about.clinic),
    detail: told.windowOverDetail(about.time(about.stop?.windowEnd), about.driver),
  }),
  crossed: (about) => ({
    what: told.crossed(about.clinic),
    detail: told.crossedDetail(about.driver, about.time(about.one.since)),
  }),
  long_stop: (about, now) => ({
    what: told.longStop(about.clinic),
    detail: told.longStopDetail(about.driver, Math.floor((now - about.one.since) / 60_000)),
  }),
  route_unfinished: (about) => ({
    what: told.routeUnfinished(about.driver),
    detail: told.routeUnfinishedDetail,
  }),
  driver_silent: (about) => {
    const driver = desk.drivers.get(about.one.driverKey ?? '');
    const routes = driver ? desk.routesOf(driver) : [];
    const left = routes.flatMap((route) => route.stops).filter(isOpen).length;
    const likely = driver?.silent?.likelyCause ?? about.text('likelyCause');
    return { what: told.driverSilent(about.driver), detail: told.driverSilentDetail(cause(likely), left) };
  },
  rush_case: rush((about) => told.rushCase(about.clinic, about.text('caseId'))),
  rush_pickup: rush((about) => told.rushPickup(about.clinic)),
  clinic_closed: (about) => ({ what: told.clinicClosed(about.clinic), detail: told.clinicClosedDetail }),
  unknown_lab: (about) => ({ what: told.unknownLab(about.text('labId')), detail: '' }),
  unknown_clinic: (about) => ({
    what: told.unknownClinic(about.text('clinicId')),
    detail: told.unknownClinicDetail,
  }),
  unknown_driver: (about) => ({
    what: told.unknownDriver(about.text('driverId')),
    detail: told.unknownDriverDetail,
  }),
  delivery_cancelled_with_cases: (about) => ({
    what: told.cancelledWithCases(about.clinic),
    detail: told.cancelledWithCasesDetail(Number(about.text('packageCount'))),
  }),
  stop_failed: trouble(told.stopFailed),
  stop_partly_done: trouble(told.stopPartlyDone),
  stop_skipped: trouble(told.stopSkipped),
  clinic_silent: silent(told.clinicSilent, 'clinicId'),
  endpoint_silent: silent(told.endpointSilent, 'endpointId'),
  source_silent: silent(told.sourceSilent, 'sourceId'),
  subscription_paused: (about) => ({
    what: told.subscriptionPaused(about.text('subscriptionId')),
    detail: about.text('reason').replaceAll('_', ' '),
  }),
  dead_letters: (about) => ({ what: told.deadLetters(about.count), detail: told.deadLettersDetail }),
  quarantined: (about) => ({
    what: told.quarantined(about.count),
    detail: told.quarantinedDetail(about.text('source'), about.text('reason').replaceAll('_', ' ')),
  }),
  notice_failed: (about) => ({
    what: told.noticeFailed(about.clinic),
    detail: told.noticeFailedDetail(about.text('channel')),
  }),
  clinic_answered: (about) => ({
    what:
      about.alert?.['withdrawn'] === true
        ? told.clinicWithdrew(about.clinic)
        : told.clinicAnswered(about.clinic),
    detail: answer(
      {
        kind: about.text('kind') as ClinicAnswer['kind'],
        until: about.text('until'),
        count: Number(about.text('count') || 1),
      },
      about.stop && desk.clinicOf(about.stop)?.timeZone,
    ),
  }),
  left_in_van: (about) => {
    const left = about.alert?.['left'];
    const n = Array.isArray(left) ? left.length : Number(about.text('count') || 1);
    return { what: told.leftInVan(about.driver), detail: told.leftInVanDetail(n) };
  },
};
