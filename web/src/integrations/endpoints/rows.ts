/** What is wrong with rows of a key and a value, by the row: something is missing, or a key stands twice. */
export function rowFaults(
  rows: [row: number, key: string, value: string][],
  missing: string,
  twice: string,
): Map<number, string> {
  const faults = new Map<number, string>();
  const seen = new Set<string>();
  for (const [row, key, value] of rows) {
    if (key === '' || value === '') faults.set(row, missing);
    else if (seen.has(key)) faults.set(row, twice);
    seen.add(key);
  }
  return faults;
}
