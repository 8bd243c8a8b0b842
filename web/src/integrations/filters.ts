import { address } from '../address.svelte';
import { type Page as Listed, ask } from '../api/client';

/** Filters of a list that stand in the address, and the place in the list from which older entries are shown (`before`). */
export class Filters<Name extends string> {
  constructor(
    private readonly path: string,
    private readonly names: readonly Name[],
  ) {}

  /** As the address says. */
  get asked(): Record<Name, string> {
    const all = this.names.map((name) => [name, address.get(name)]);
    return Object.fromEntries(all) as Record<Name, string>;
  }

  get before(): string {
    return address.get('before');
  }

  get some(): boolean {
    return this.names.some((name) => address.get(name) !== '');
  }

  /** A page of the list, newest first. */
  page<T>(limit: number, signal: AbortSignal): Promise<Listed<T>> {
    const all = { ...this.asked, after: this.before, order: 'newest', limit: String(limit) };
    const parts = Object.entries(all).filter(([, value]) => value !== '');
    return ask<Listed<T>>(`${this.path}?${new URLSearchParams(parts).toString()}`, { signal });
  }
}
