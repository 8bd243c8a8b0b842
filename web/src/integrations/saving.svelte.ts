import { ask, Problem } from '../api/client';
import { toasts } from '../design/toasts.svelte';
import { Faults, told } from '../faults';
import { words } from '../words/words';

/** A PUT of the version that was seen, with what was wrong with it. */
export class Saving {
  busy = $state(false);
  faults = $state.raw(new Faults());
  /** What was wrong with it as a whole. */
  whole = $state<string>();
  /** Somebody else was faster. */
  isStale = $state(false);

  /** Sends it (version none: whatever is there), says `said`, and goes on with `then`. */
  async put(
    path: string,
    body: object,
    version: number | undefined,
    said: string,
    then: () => Promise<unknown>,
  ): Promise<void> {
    this.busy = true;
    this.whole = undefined;
    this.isStale = false;
    this.faults = new Faults();
    try {
      const headers: Record<string, string> = version === undefined ? {} : { 'if-match': `"${version}"` };
      await ask(path, { method: 'PUT', body, headers });
      toasts.say(said);
      await then();
    } catch (error) {
      this.faults = new Faults(error);
      this.isStale = error instanceof Problem && error.status === 412;
      if (this.isStale) this.whole = words.integrations.changedMeanwhile;
      else if (!this.faults.some) this.whole = told(error);
    }
    this.busy = false;
  }
}
