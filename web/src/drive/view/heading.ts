/** Where a page begins for whoever hears it: the reader goes there when the page changes. */
export function heading(title: HTMLElement): void {
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
}
