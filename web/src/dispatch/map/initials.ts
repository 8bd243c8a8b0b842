/** Two letters for a name: of its first and its last word. Of the id's end where there is no name. */
export function initials(name: string, id: string): string {
  const words = name.split(/[\s-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = words[0];
  const last = words.length > 1 ? words.at(-1) : undefined;
  if (first === undefined)
    return id
      .replace(/[^A-Za-z0-9]/g, '')
      .slice(-2)
      .toUpperCase();
  const letters = last === undefined ? [...first].slice(0, 2) : [[...first][0] ?? '', [...last][0] ?? ''];
  return letters.join('').toUpperCase();
}

/** A name short enough for a map: first name, and the last one's letter. */
export function shortName(name: string): string {
  const words = name.trim().split(/\s+/u);
  const last = words.length > 1 ? words.at(-1) : undefined;
  const short = last === undefined ? (words[0] ?? '') : `${words[0]} ${[...last][0]}.`;
  return short.length > 16 ? `${short.slice(0, 15)}…` : short;
}
