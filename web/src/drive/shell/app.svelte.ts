/** The app on the phone: its service worker, its newer versions, its place on the home screen. */

interface InstallPrompt extends Event {
  prompt(): Promise<void>;
}

class App {
  /** A newer version is on the phone and waits. */
  #waiting = $state.raw<ServiceWorker>();
  /** The browser offers to put it on the home screen. */
  #prompt = $state.raw<InstallPrompt>();
  #reloads = false;

  get hasNewer(): boolean {
    return this.#waiting !== undefined;
  }

  get canInstall(): boolean {
    return this.#prompt !== undefined;
  }

  /** Whether it was opened from the home screen. */
  readonly isInstalled =
    typeof matchMedia !== 'undefined' &&
    (matchMedia('(display-mode: standalone)').matches ||
      (navigator as Navigator & { standalone?: boolean }).standalone === true);

  async start(): Promise<void> {
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.#prompt = event as InstallPrompt;
    });
    addEventListener('appinstalled', () => (this.#prompt = undefined));
    if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
    navigator.serviceWorker.addEventListener('controllerchange', () => {
      if (this.#reloads) location.reload();
    });
    try {
      const registration = await navigator.serviceWorker.register('/sw.js', { scope: '/drive' });
      this.#watch(registration);
      // A phone that is never closed still hears of newer versions.
      setInterval(() => void registration.update().catch(() => undefined), 3_600_000);
      // Asked for once, so that a full phone does not drop what waits.
      await navigator.storage?.persist?.();
    } catch {
      // Without a safe connection there is none: the app works while there is a network.
    }
  }

  #watch(registration: ServiceWorkerRegistration): void {
    if (registration.waiting && navigator.serviceWorker.controller) this.#waiting = registration.waiting;
    registration.addEventListener('updatefound', () => {
      const found = registration.installing;
      found?.addEventListener('statechange', () => {
        if (found.state === 'installed' && navigator.serviceWorker.controller) this.#waiting = found;
      });
    });
  }

  /** Takes the newer version into use and opens it. */
  renew(): void {
    this.#reloads = true;
    this.#waiting?.postMessage('activate');
    this.#waiting = undefined;
  }

  async install(): Promise<void> {
    const prompt = this.#prompt;
    this.#prompt = undefined;
    await prompt?.prompt();
  }
}

export const app = new App();
