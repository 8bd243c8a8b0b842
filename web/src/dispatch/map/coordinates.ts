/** What was written as degrees, up to `most` either way; a comma may stand for the point. Absent when it is none. */
export function parsed(text: string, most: number): number | undefined {
  const plain = text.trim().replace(',', '.');
  if (!/^[+-]?\d{1,3}(\.\d+)?$/.test(plain)) return undefined;
  const degrees = Number(plain);
  return Math.abs(degrees) <= most ? degrees : undefined;
}

/** Degrees as they stand in a field: to a hand's breadth. */
export function written(degrees: number): string {
  return degrees.toFixed(6);
}
