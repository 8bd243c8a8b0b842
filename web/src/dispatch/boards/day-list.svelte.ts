import { address as place } from '../../address.svelte';
import { Loaded } from '../../api/loaded.svelte';
import { desk } from '../desk.svelte';
import { directory } from './directory.svelte';
import { news } from './news.svelte';

/** How often a list is asked for again while nothing is heard of it. */
const AGAIN_MS = 15_000;

/** What deliveries and pickups have in common, for a list of them. */
interface Row {
  labId: string;
  clinicId: string;
  status: string;
}

/** What is asked for: of one lab or of all, and of one day. */
export interface Question {
  /** The part of the address that says which lab; empty: all. */
  lab: string;
  date: string;
}

/** A board's list of one day, with its filters, which stand in the address. */
export class DayList<T extends Row> {
  readonly loaded: Loaded<T[]>;
  lab = $derived(desk.lab ?? '');
  today = $derived(directory.today(this.lab));
  date = $derived(place.get('date') || this.today);
  clinic = $derived(place.get('clinic'));
  status = $derived(place.get('status'));
  opened = $derived(place.get('open'));
  items = $derived.by((): T[] => this.loaded.value ?? []);
  ofClinic = $derived(this.clinic ? this.items.filter((row) => row.clinicId === this.clinic) : this.items);
  /** Clinics that are in the list, by name. */
  clinics = $derived.by(() => {
    const name = (row: T) => directory.clinicName(row.labId, row.clinicId);
    const names = Object.fromEntries(this.items.map((row) => [row.clinicId, name(row)]));
    return Object.entries(names).sort((a, b) => a[1].localeCompare(b[1]));
  });
  #question = $derived(`${this.lab}|${this.date}`);
  #asked: string | undefined;

  constructor(
    private readonly kind: 'deliveries' | 'pickups',
    ask: (of: Question, signal: AbortSignal) => Promise<T[]>,
  ) {
    this.loaded = new Loaded((signal) => {
      const lab = this.lab ? `labId=${encodeURIComponent(this.lab)}&names=0&` : 'names=0&';
      return ask({ lab, date: this.date }, signal);
    });
  }

  /** Asks for as long as the board is looked at; belongs to an effect each. */
  follow(): void {
    $effect(() => {
      void news[this.kind];
      if (directory.state !== 'ready') return;
      void this.loaded.load(this.#asked !== this.#question);
      this.#asked = this.#question;
    });
    $effect(() => this.loaded.again(AGAIN_MS));
  }

  /** Where some other list is asked for than the one that is shown. */
  get loading(): boolean {
    return this.loaded.value === undefined && this.loaded.fault === undefined;
  }

  get filtered(): boolean {
    return this.status !== '' || this.clinic !== '';
  }

  refresh = (): void => void this.loaded.load();
  open = (id: string): void => place.set({ open: id });
  close = (): void => place.set({ open: '' });
}
