import { askAll } from '../api/client';

export interface Clinic {
  id: string;
  labId: string;
  name: string;
  mergedInto?: string;
}

export interface Lab {
  id: string;
  name: string;
  timeZone: string;
}

/** Labs and clinics, by which forms choose and lists name. Loaded once for the screen. */
class Directory {
  labs = $state.raw<Lab[]>([]);
  clinics = $state.raw<Clinic[]>([]);
  #loading: Promise<void> | undefined;

  load(): Promise<void> {
    this.#loading ??= this.#ask();
    return this.#loading;
  }

  async #ask(): Promise<void> {
    try {
      const [labs, clinics] = await Promise.all([
        askAll<Lab>('/v1/labs'),
        askAll<Clinic>('/v1/clinics', 20_000),
      ]);
      this.labs = labs;
      this.clinics = clinics.filter((clinic) => clinic.mergedInto === undefined);
    } catch {
      // Whoever looks next asks again; until then ids stand for names.
      this.#loading = undefined;
    }
  }

  of(labId: string | null | undefined): Clinic[] {
    return labId ? this.clinics.filter((clinic) => clinic.labId === labId) : this.clinics;
  }

  clinic(labId: string | null, id: string): Clinic | undefined {
    return this.clinics.find((clinic) => clinic.id === id && (labId === null || clinic.labId === labId));
  }

  clinicName(labId: string | null, id: string): string {
    return this.clinic(labId, id)?.name ?? id;
  }

  labName(id: string): string {
    return this.labs.find((lab) => lab.id === id)?.name ?? id;
  }
}

export const directory = new Directory();
