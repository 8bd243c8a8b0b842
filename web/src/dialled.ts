/** A phone number as a phone dials it: people write brackets and spaces. */
export function dialled(number: string): string {
  return number.replaceAll(/(?!^)\+|[^+\d]/g, '');
}

/** The address that dials a number; none: there is none to dial. */
export function dialHref(number: string | undefined): string | undefined {
  const digits = dialled(number ?? '');
  return digits === '' ? undefined : `tel:${digits}`;
}
