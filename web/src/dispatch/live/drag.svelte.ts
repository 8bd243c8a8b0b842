import { toasts } from '../../design/toasts.svelte';
import { words } from '../../words/words';
import { desk } from '../desk.svelte';
import type { StopNow } from '../desk/now';
import { positionAt, targetRoute } from '../desk/targets';
import { moveStop, previewMove, refusal, told, type Goal } from './doing';
import { ui } from './ui.svelte';

const ASK_AFTER_MS = 160;

/** What a stop is dragged over, and what dropping it there would mean. */
interface Over {
  driverKey: string;
  /** Where it would go; none: nowhere on that line. */
  wish: Goal | null;
  text: string;
  /** `asking`: nobody knows yet what it would mean. */
  tone: 'asking' | 'plain' | 'late' | 'no';
}

/** Whether this stop can be moved at all. */
export function isMovable(stop: StopNow): boolean {
  return desk.mayAct && desk.has('/v1/stops/{id}/move') && stop.status === 'planned';
}

/** A stop that is being dragged from one driver's line to another's. */
class Drag {
  stop = $state.raw<StopNow | null>(null);
  over = $state.raw<Over | null>(null);
  x = $state(0);
  y = $state(0);
  #asking: AbortController | undefined;
  /** Settled when it is told what dropping it would mean. */
  #answer: Promise<void> | undefined;

  begin(stop: StopNow, x: number, y: number): void {
    this.cancel();
    this.stop = stop;
    this.x = x;
    this.y = y;
  }

  /** The pointer is there, over the line of that driver (none: over no line), at the line's moment `at`. */
  move(x: number, y: number, driverKey: string | undefined, at: number): void {
    this.x = x;
    this.y = y;
    if (driverKey === undefined) {
      this.#asking?.abort();
      this.over = null;
      return;
    }
    const wish = this.#wish(driverKey, at);
    const before = this.over;
    const isSame =
      before?.driverKey === driverKey &&
      before.wish?.routeId === wish?.routeId &&
      before.wish?.position === wish?.position;
    if (isSame) return;
    this.#asking?.abort();
    this.over = { driverKey, wish, ...this.#first(driverKey, wish) };
    if (wish) this.#answer = this.#ask(driverKey, wish);
  }

  /** Where it would go; on the own route the place counts, on another one the server finds the cheapest. */
  #wish(driverKey: string, at: number): Goal | null {
    const { stop } = this;
    const driver = desk.drivers.get(driverKey);
    if (!stop || !driver || driver.labId !== stop.labId) return null;
    const route = targetRoute(desk.routesOf(driver), at);
    if (!route) return null;
    if (route.id !== stop.routeId) return { routeId: route.id };
    return { routeId: route.id, position: positionAt(route, stop, at) };
  }

  #first(driverKey: string, wish: Goal | null): Pick<Over, 'text' | 'tone'> {
    const said = words.dispatch.move;
    const driver = desk.drivers.get(driverKey);
    if (wish) return { text: said.asking, tone: 'asking' };
    const isOther = driver?.labId !== this.stop?.labId;
    return { text: isOther ? said.otherLab : said.noRoute(driver?.name ?? ''), tone: 'no' };
  }

  async #ask(driverKey: string, wish: Goal): Promise<void> {
    const { stop } = this;
    if (!stop) return;
    const asking = new AbortController();
    this.#asking = asking;
    // Who only drags across a line wants to know nothing of it.
    await new Promise((resolve) => setTimeout(resolve, ASK_AFTER_MS));
    if (asking.signal.aborted) return;
    try {
      const moved = await previewMove(stop, wish, asking.signal);
      if (asking.signal.aborted) return;
      const tone = moved.becomesLate.length > 0 ? 'late' : 'plain';
      this.over = { driverKey, wish, text: told(moved, stop.labId), tone };
    } catch (error) {
      if (asking.signal.aborted) return;
      this.over = { driverKey, wish, text: refusal(error, stop.labId), tone: 'no' };
    }
  }

  /**
   * Lets go: it is moved there if it can be. What it means is known before: whoever was faster than the answer waits for it, and is asked
   * once more where somebody becomes late by it.
   */
  async drop(): Promise<void> {
    const { stop } = this;
    if (!stop || !this.over?.wish) return this.cancel();
    const isShown = this.over.tone !== 'asking';
    if (!isShown) {
      const asking = this.#asking;
      await this.#answer;
      if (asking?.signal.aborted) return;
    }
    const { over } = this;
    this.cancel();
    if (!over?.wish) return;
    if (over.tone === 'no') {
      if (!isShown) toasts.fault(over.text);
    } else if (over.tone === 'late' && !isShown) ui.move(stop.key, over.wish);
    else await moveStop(stop, over.wish);
  }

  cancel(): void {
    this.#asking?.abort();
    this.stop = null;
    this.over = null;
  }
}

export const drag = new Drag();
