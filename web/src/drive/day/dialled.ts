/** A phone number as a phone dials it: people write brackets and spaces. */
export function dialled(number: string): string {
  return number.replaceAll(/(?!^)\+|[^+\d]/g, '');
}
