import { dateIn } from '../../ages';
import { clock } from '../../clock.svelte';
import { desk } from '../desk.svelte';
import { keyOf } from '../desk/records';
import type { Clinic, Driver, Lab } from './records';

export { keyOf } from '../desk/records';

/** The desk reads less of its records than there is in them: they are kept as the server answers them. */
const whole = <T>(all: ReadonlyMap<string, unknown>) => all as ReadonlyMap<string, T>;

/** Changes when one of these records does: versions only rise. */
const edition = (all: ReadonlyMap<string, { version?: number }>) =>
  [...all.values()].reduce((sum, one) => sum + (one.version ?? 0), all.size);

/**
 * What the desk knows of labs, clinics and drivers, for boards: they are drawn anew when one of these records changes, not with every
 * beat of the desk.
 */
class Directory {
  #labs = $derived.by(() => (void desk.beat, edition(whole<Lab>(desk.labs))));
  #clinics = $derived.by(() => (void desk.beat, edition(desk.clinics)));
  #drivers = $derived.by(() => (void desk.beat, edition(desk.drivers)));

  labs = $derived.by(() => (void this.#labs, new Map(whole<Lab>(desk.labs))));
  clinics = $derived.by(() => (void this.#clinics, new Map(whole<Clinic>(desk.clinics))));
  /** A stream that begins anew brings positions first; who drives is not forgotten meanwhile. */
  #known = new Map<string, Driver>();
  /** Drivers as they are set up; one of whom nothing but a position is known yet is none of them. */
  drivers = $derived.by(() => {
    void this.#drivers;
    for (const [key, { labId, driverId, name, verified, version, ...known }] of desk.drivers) {
      if (version === undefined) continue;
      const { shift, capacity, presence, phone } = known;
      this.#known.set(key, {
        id: driverId,
        labId,
        name,
        version,
        verified: verified ?? true,
        ...(shift ? { shift } : {}),
        ...(capacity === undefined ? {} : { capacity }),
        ...(presence ? { presence } : {}),
        ...(phone ? { phone } : {}),
      });
    }
    return new Map(this.#known);
  });

  get state(): 'loading' | 'ready' | 'failed' {
    if (desk.ready) return 'ready';
    return desk.fault === null ? 'loading' : 'failed';
  }

  /** Takes over what was just saved: the stream tells of it too, but later. */
  take(kind: 'clinic' | 'driver', record: Clinic | Driver): void {
    desk.put(kind, record.labId, record.id, record);
    desk.beat += 1;
  }

  /** A clinic, the one that took its place if it was merged. */
  clinic(labId: string, id: string): Clinic | undefined {
    const found = this.clinics.get(keyOf(labId, id));
    return found?.mergedInto ? (this.clinics.get(keyOf(labId, found.mergedInto)) ?? found) : found;
  }

  clinicName(labId: string, id: string): string {
    return this.clinic(labId, id)?.name ?? id;
  }

  driverName(labId: string, id: string | undefined): string | undefined {
    return id === undefined ? undefined : (this.drivers.get(keyOf(labId, id))?.name ?? id);
  }

  labName(labId: string): string {
    return this.labs.get(labId)?.name ?? labId;
  }

  /** The zone in which a lab's days are counted. */
  zone(labId: string | null | undefined): string | undefined {
    const lab = labId ? this.labs.get(labId) : this.labs.values().next().value;
    return lab?.timeZone;
  }

  /** The zone of a clinic's wall clock, in which its windows are promised. */
  clinicZone(labId: string, id: string): string | undefined {
    return this.clinic(labId, id)?.timeZone ?? this.zone(labId);
  }

  /** Today where the lab is; without one, where the first is. */
  today(labId?: string | null): string {
    return dateIn(clock.now, this.zone(labId));
  }

  get labList(): Lab[] {
    return byName(this.labs);
  }

  /** Whether there is a lab to choose. */
  get hasLabs(): boolean {
    return this.labs.size > 1 && !desk.me?.labId;
  }

  driversOf(labId: string): Driver[] {
    return byName(this.drivers).filter((driver) => driver.labId === labId);
  }

  clinicsOf(labId: string): Clinic[] {
    return byName(this.clinics).filter((clinic) => clinic.labId === labId && !clinic.mergedInto);
  }
}

function byName<T extends { name: string }>(all: ReadonlyMap<string, T>): T[] {
  return [...all.values()].sort((a, b) => a.name.localeCompare(b.name));
}

export const directory = new Directory();
