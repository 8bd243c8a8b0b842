import { ask } from '../api/client';
import type { DeadGroup, Group } from './records';

const AGAIN_MS = 20_000;

/** How much waits for somebody: shown beside the pages' names, and in the overview. */
class Waiting {
  refused = $state<number>();
  refusedCauses = $state(0);
  dead = $state<number>();
  deadCauses = $state(0);

  async look(): Promise<void> {
    await Promise.all([this.#refused(), this.#dead()]);
  }

  /** Looks now and then while the page is seen; gives how to stop. */
  follow(): () => void {
    void this.look();
    const timer = setInterval(() => {
      if (!document.hidden) void this.look();
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }

  async #refused(): Promise<void> {
    try {
      const { items } = await ask<{ items: Group[] }>('/v1/quarantine/groups');
      this.refused = items.reduce((sum, group) => sum + group.count, 0);
      this.refusedCauses = items.length;
    } catch {
      // What was known last holds; the pages themselves say what is wrong.
    }
  }

  async #dead(): Promise<void> {
    try {
      const { items } = await ask<{ items: DeadGroup[] }>('/v1/dead-letters/groups');
      this.dead = items.reduce((sum, group) => sum + group.count, 0);
      this.deadCauses = items.length;
    } catch {
      // As above.
    }
  }
}

export const waiting = new Waiting();
