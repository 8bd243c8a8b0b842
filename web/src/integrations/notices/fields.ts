const OF_ALL = ['lab', 'clinic', 'date', 'time'];

/** The fields that the words of a kind may name. */
export function fieldsOf(kind: string): string[] {
  if (kind === 'arrival') return [...OF_ALL, 'minutes', 'link'];
  if (kind === 'onTheWay') return [...OF_ALL, 'link', 'eta'];
  if (kind.startsWith('delivery')) return [...OF_ALL, 'packages', 'cancelled'];
  if (kind.startsWith('pickup')) return [...OF_ALL, 'from', 'to', 'packages', 'confirmation', 'rush'];
  return [...OF_ALL, 'code', 'about', 'driver', 'cause'];
}
