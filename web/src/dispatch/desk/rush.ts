import type { Alert } from './records';
import { keyOf } from './records';

/** Which deliveries and pickups are RUSH, by key: by their records, and where none was loaded, by the open alerts. */
export class Rush {
  #recorded = new Map<string, boolean>();
  #told = new Set<string>();

  has(key: string): boolean {
    return this.#recorded.get(key) ?? this.#told.has(key);
  }

  /** A record says whether it is. */
  record(key: string, isRush: boolean): void {
    this.#recorded.set(key, isRush);
  }

  /** The open alerts. */
  heed(alerts: readonly Alert[]): void {
    this.#told.clear();
    for (const { code, labId, deliveryId, id } of alerts) {
      const about = code === 'rush_case' ? deliveryId : code === 'rush_pickup' ? id : undefined;
      if (typeof about === 'string') this.#told.add(keyOf(labId, about));
    }
  }

  /** Forgets what was recorded of all others. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#recorded.keys()) if (!keys.has(key)) this.#recorded.delete(key);
  }
}
