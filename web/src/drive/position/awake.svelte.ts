/** The screen stays on while the phone is charged or the way is shown, if the driver wants it. */

const KEY = 'pontic.drive.awake';

class Awake {
  /** The driver's wish. */
  wanted = $state(globalThis.localStorage?.getItem(KEY) !== 'off');
  readonly isPossible = typeof navigator !== 'undefined' && 'wakeLock' in navigator;
  #lock: WakeLockSentinel | undefined;
  #due = false;
  #busy = false;

  set(wanted: boolean): void {
    this.wanted = wanted;
    if (wanted) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, 'off');
  }

  /** Holds the screen on, or lets it go. Browsers take it away with the page: asked again when the page is back. */
  async hold(due: boolean): Promise<void> {
    this.#due = due;
    // One question at a time: a second lock would be one that nobody lets go.
    if (!this.isPossible || this.#busy) return;
    this.#busy = true;
    try {
      let goes = true;
      // What is due may change while the phone answers.
      while (goes && this.#due !== this.#isHeld()) goes = await this.#turn(this.#due);
    } finally {
      this.#busy = false;
    }
  }

  #isHeld(): boolean {
    return this.#lock !== undefined && !this.#lock.released;
  }

  /** Whether it was done; a page in the background and a phone with a low battery get no lock, and that is right. */
  async #turn(on: boolean): Promise<boolean> {
    try {
      if (!on) await this.#lock?.release();
      else if (!document.hidden) this.#lock = await navigator.wakeLock.request('screen');
      return this.#isHeld() === on;
    } catch {
      return false;
    }
  }
}

export const awake = new Awake();
