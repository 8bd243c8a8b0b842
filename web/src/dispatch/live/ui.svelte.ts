/** Which drivers the lines show. */
export type Filter = 'onDuty' | 'silent' | 'left' | 'late' | 'atRisk';
/** The parts of the desk; on small screens one at a time. */
export type Tab = 'lines' | 'map' | 'exceptions' | 'tray';

/** What the desk shows of itself: nothing of this is the server's. */
class Ui {
  filter = $state<Filter | null>(null);
  tab = $state<Tab>('lines');
  /** The stop that is being moved in the dialog, by key. */
  moving = $state<string | null>(null);
  /** Where it was dropped, if it was: the dialog opens with that. */
  movingTo = $state.raw<{ routeId: string; position?: number } | null>(null);
  /** What waits and is being assigned in the dialog, by `labId/clinicId`. */
  assigning = $state<string | null>(null);
  /** The driver whose rest is being handed over: the panel opens with the choice. */
  handingOver = $state(false);
  help = $state(false);
  /** The card of the queue that the keyboard is on. */
  card = $state<string | null>(null);

  /** Opens the dialog that moves a stop, or closes it. */
  move(stopKey: string | null, to: typeof this.movingTo = null): void {
    this.movingTo = to;
    this.moving = stopKey;
  }

  /** Shows only these drivers; asked again, all. */
  toggle(filter: Filter): void {
    this.filter = this.filter === filter ? null : filter;
    this.tab = 'lines';
  }
}

export const ui = new Ui();
