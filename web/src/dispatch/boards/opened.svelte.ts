import { ask, type Problem } from '../../api/client';
import { toasts } from '../../design/toasts.svelte';
import { problemOf } from '../../faults';

interface Versioned {
  version: number;
}

/** One record that is looked at and changed. An answer that is older than what is shown is dropped. */
export class Opened<T extends Versioned> {
  value = $state.raw<T>();
  /** Why it could not be had. */
  fault = $state.raw<Problem>();
  /** Why it could not be changed. */
  changeFault = $state.raw<Problem>();
  busy = $state(false);

  constructor(private readonly path: () => string) {}

  async load(): Promise<void> {
    try {
      this.take(await ask<T>(this.path()));
      this.fault = undefined;
    } catch (error) {
      this.fault = problemOf(error);
    }
  }

  take(found: T): void {
    if (found.version >= (this.value?.version ?? 0)) this.value = found;
  }

  /** Sends a change of the version that is shown, and says `said` when it was taken. Gives the answer, none: it was refused. */
  async change<A>(
    method: 'PATCH' | 'DELETE',
    path: string,
    body: object | undefined,
    said: string,
  ): Promise<A | undefined> {
    if (!this.value) return undefined;
    this.busy = true;
    this.changeFault = undefined;
    try {
      const headers = body ? { headers: { 'if-match': `"${this.value.version}"` }, body } : {};
      const answer = await ask<A>(path, { method, ...headers });
      toasts.say(said);
      return answer ?? ({} as A);
    } catch (error) {
      this.changeFault = problemOf(error);
      if (this.changeFault.status === 412) await this.load();
      return undefined;
    } finally {
      this.busy = false;
    }
  }
}
