import { dateIn } from '../../ages';
import { askAll, Problem } from '../../api/client';
import { clock } from '../../clock.svelte';
import type { Clinic, Driver, Lab } from './records';

/** Most clinics or drivers that a desk holds at a time. */
const MOST = 20_000;

export const keyOf = (labId: string, id: string) => `${labId}/${id}`;

/** Labs, clinics and drivers by id: what the boards turn ids into names with. */
class Directory {
  labs = $state.raw<ReadonlyMap<string, Lab>>(new Map());
  clinics = $state.raw<ReadonlyMap<string, Clinic>>(new Map());
  drivers = $state.raw<ReadonlyMap<string, Driver>>(new Map());
  state = $state<'loading' | 'ready' | 'failed'>('loading');
  fault = $state<Problem>();
  #asked: Promise<void> | undefined;

  /** Loads everything once; a second call waits for the first. */
  load(): Promise<void> {
    this.#asked ??= this.#all();
    return this.#asked;
  }

  async retry(): Promise<void> {
    this.#asked = undefined;
    this.state = 'loading';
    await this.load();
  }

  async #all(): Promise<void> {
    try {
      await Promise.all([this.#labs(), this.reloadClinics(), this.reloadDrivers()]);
      this.state = 'ready';
      this.fault = undefined;
    } catch (error) {
      this.#asked = undefined;
      this.state = 'failed';
      this.fault = error instanceof Problem ? error : new Problem(0, 'offline');
    }
  }

  async #labs(): Promise<void> {
    const labs = await askAll<Lab>('/v1/labs');
    this.labs = new Map(labs.map((lab) => [lab.id, lab]));
  }

  async reloadClinics(): Promise<void> {
    const clinics = await askAll<Clinic>('/v1/clinics', MOST);
    this.clinics = new Map(clinics.map((clinic) => [keyOf(clinic.labId, clinic.id), clinic]));
  }

  async reloadDrivers(): Promise<void> {
    const drivers = await askAll<Driver>('/v1/drivers', MOST);
    this.drivers = new Map(drivers.map((driver) => [keyOf(driver.labId, driver.id), driver]));
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
    return [...this.labs.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  driversOf(labId: string): Driver[] {
    const of = [...this.drivers.values()].filter((driver) => driver.labId === labId);
    return of.sort((a, b) => a.name.localeCompare(b.name));
  }

  clinicsOf(labId: string): Clinic[] {
    const of = [...this.clinics.values()].filter((clinic) => clinic.labId === labId && !clinic.mergedInto);
    return of.sort((a, b) => a.name.localeCompare(b.name));
  }
}

export const directory = new Directory();
