/** What was just done, shown for some seconds; with `undo` there is a way back until then. */
export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'fault';
  undo: (() => Promise<void> | void) | undefined;
}

const USUAL_MS = 6_000;
const UNDO_MS = 10_000;

class Toasts {
  all = $state<Toast[]>([]);
  #last = 0;

  /** Shows a text; `undo` offers the way back. */
  say(text: string, undo?: () => Promise<void> | void): void {
    this.#show({ text, tone: 'plain', undo });
  }

  /** Shows what did not work. */
  fault(text: string): void {
    this.#show({ text, tone: 'fault', undo: undefined });
  }

  #show(toast: Omit<Toast, 'id'>): void {
    const id = ++this.#last;
    this.all = [...this.all.slice(-2), { ...toast, id }];
    setTimeout(() => this.drop(id), toast.undo ? UNDO_MS : USUAL_MS);
  }

  drop(id: number): void {
    this.all = this.all.filter((toast) => toast.id !== id);
  }

  undo(id: number): void {
    const toast = this.all.find((one) => one.id === id);
    this.drop(id);
    void toast?.undo?.();
  }
}

export const toasts = new Toasts();
