const KEY = 'pontic.keys';

/** Single keys do something, unless somebody switched them off: for those who dictate they are in the way. */
class Keys {
  isOn = $state(localStorage.getItem(KEY) !== 'off');

  turn(on: boolean): void {
    this.isOn = on;
    localStorage.setItem(KEY, on ? 'on' : 'off');
  }

  /** The key to act on, if this press is one: not while something is typed, chosen, or shown in a window of its own. */
  of(event: KeyboardEvent): string | undefined {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented;
    if (!isPlain || document.querySelector('dialog[open]')) return undefined;
    const target = event.target instanceof HTMLElement ? event.target : null;
    const isTyping =
      target?.closest('input, textarea, select, [contenteditable]') !== null && target !== null;
    if (event.key === 'Escape') return isTyping ? undefined : 'Escape';
    return this.isOn && !isTyping ? event.key : undefined;
  }
}

export const keys = new Keys();
