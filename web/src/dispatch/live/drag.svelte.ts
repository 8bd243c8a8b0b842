import { words } from '../../words/words';
import { desk } from '../desk.svelte';
import type { StopNow } from '../desk/now';
import { positionAt, targetRoute } from '../desk/targets';
import { moveStop, previewMove, refusal, told, type Goal } from './doing';

const ASK_AFTER_MS = 160;

/** What a stop is dragged over, and what dropping it there would mean. */
interface Over {
  driverKey: string;
  goal: Goal | null;
  text: string;
  tone: 'plain' | 'late' | 'no';
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
  #timer: ReturnType<typeof setTimeout> | undefined;

  begin(stop: StopNow, x: number, y: number): void {
    this.stop = stop;
    this.over = null;
    this.x = x;
    this.y = y;
  }

  /** The pointer is there, over the line of that driver (none: over no line), at the line's moment `at`. */
  move(x: number, y: number, driverKey: string | undefined, at: number): void {
    this.x = x;
    this.y = y;
    if (driverKey === undefined) {
      this.#forget();
      this.over = null;
      return;
    }
    const goal = this.#goal(driverKey, at);
    const before = this.over;
    const isSame =
      before?.driverKey === driverKey &&
      before.goal?.routeId === goal?.routeId &&
      before.goal?.position === goal?.position;
    if (isSame) return;
    this.#forget();
    this.over = { driverKey, goal, ...this.#first(driverKey, goal) };
    if (goal) this.#timer = setTimeout(() => void this.#ask(driverKey, goal), ASK_AFTER_MS);
  }

  /** Where it would go; on the own route the place counts, on another one the server finds the cheapest. */
  #goal(driverKey: string, at: number): Goal | null {
    const { stop } = this;
    const driver = desk.drivers.get(driverKey);
    if (!stop || !driver || driver.labId !== stop.labId) return null;
    const route = targetRoute(desk.routesOf(driver), at);
    if (!route) return null;
    if (route.id !== stop.routeId) return { routeId: route.id };
    return { routeId: route.id, position: positionAt(route, stop, at) };
  }

  #first(driverKey: string, goal: Goal | null): Pick<Over, 'text' | 'tone'> {
    const said = words.dispatch.move;
    const driver = desk.drivers.get(driverKey);
    if (goal) return { text: said.asking, tone: 'plain' };
    const isOther = driver?.labId !== this.stop?.labId;
    return { text: isOther ? said.otherLab : said.noRoute(driver?.name ?? ''), tone: 'no' };
  }

  async #ask(driverKey: string, goal: Goal): Promise<void> {
    const { stop } = this;
    if (!stop) return;
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const moved = await previewMove(stop, goal, asking.signal);
      if (asking.signal.aborted) return;
      const tone = moved.becomesLate.length > 0 ? 'late' : 'plain';
      this.over = { driverKey, goal, text: told(moved, stop.labId), tone };
    } catch (error) {
      if (asking.signal.aborted) return;
      this.over = { driverKey, goal: null, text: refusal(error, stop.labId), tone: 'no' };
    }
  }

  /** Lets go: it is moved there if it can be. */
  async drop(): Promise<void> {
    const { stop, over } = this;
    this.cancel();
    if (stop && over?.goal) await moveStop(stop, over.goal);
  }

  cancel(): void {
    this.#forget();
    this.stop = null;
    this.over = null;
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
  }
}

export const drag = new Drag();
