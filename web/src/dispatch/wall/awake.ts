/** Keeps the screen on while the page is seen, where the browser can; calls `told` with whether it does. */
export function keepAwake(told: (isAwake: boolean) => void): () => void {
  let lock: WakeLockSentinel | undefined;
  let isOver = false;
  async function ask(): Promise<void> {
    if (!('wakeLock' in navigator) || document.hidden || isOver) return;
    try {
      lock = await navigator.wakeLock.request('screen');
      lock.addEventListener('release', () => told(false));
      told(true);
    } catch {
      // A machine low on battery says no; the next time the page is seen it is asked again.
      told(false);
    }
  }
  const seen = () => void ask();
  document.addEventListener('visibilitychange', seen);
  void ask();
  return () => {
    isOver = true;
    document.removeEventListener('visibilitychange', seen);
    void lock?.release();
  };
}
