/** What must be scrolled can be reached by the keyboard; what need not is no stop on its way. */
export function scrollable(part: HTMLElement): () => void {
  const look = () => {
    if (part.scrollHeight > part.clientHeight) part.tabIndex = 0;
    else part.removeAttribute('tabindex');
  };
  const sizes = new ResizeObserver(look);
  sizes.observe(part);
  const content = new MutationObserver(look);
  content.observe(part, { childList: true, subtree: true });
  look();
  return () => {
    sizes.disconnect();
    content.disconnect();
  };
}
