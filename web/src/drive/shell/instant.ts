/** A moment in milliseconds since 1970, as it is told to the server. */
export function rfc3339(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}
