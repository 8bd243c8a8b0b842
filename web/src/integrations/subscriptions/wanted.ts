/** What a pattern asks for, as far as it is told in few words: types, or prefixes of them. `undefined`: it says more than that. */
export function wanted(pattern: unknown): string[] | undefined {
  if (typeof pattern !== 'object' || pattern === null) return undefined;
  const members = Object.entries(pattern);
  const types = members[0]?.[1] as unknown;
  if (members.length !== 1 || members[0]?.[0] !== 'detail-type' || !Array.isArray(types)) return undefined;
  const told = types.map((type: unknown) => {
    if (typeof type === 'string') return type;
    const prefix = typeof type === 'object' && type !== null ? Object.entries(type) : [];
    return prefix.length === 1 && prefix[0]?.[0] === 'prefix' && typeof prefix[0][1] === 'string'
      ? `${prefix[0][1]}…`
      : undefined;
  });
  return told.every((type) => type !== undefined) ? told : undefined;
}
