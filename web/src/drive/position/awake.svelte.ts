/** The screen stays on while the phone is charged or the way is shown, if the driver wants it. */

const KEY = 'pontic.drive.awake';

class Awake {
  /** The driver's wish. */
  wanted = $state(globalThis.localStorage?.getItem(KEY) !== 'off');
  readonly isPossible = typeof navigator !== 'undefined' && 'wakeLock' in navigator;
  #lock: WakeLockSentinel | undefined;
  #due = false;

  set(wanted: boolean): void {
    this.wanted = wanted;
    if (wanted) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, 'off');
  }

  /** Holds the screen on, or lets it go. Browsers take it away with the page: asked again when the page is back. */
  async hold(due: boolean): Promise<void> {
    this.#due = due;
    if (!this.isPossible) return;
    if (!due) {
      await this.#lock?.release();
      this.#lock = undefined;
      return;
    }
    if (document.hidden || (this.#lock && !this.#lock.released)) return;
    try {
      const lock = await navigator.wakeLock.request('screen');
      if (this.#due) this.#lock = lock;
      else await lock.release();
    } catch {
      // Low battery: the phone says no, and it is right.
    }
  }
}

export const awake = new Awake();
