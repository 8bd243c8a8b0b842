import { words } from '../../words/words';

/** A reason in words; one that the words do not have is shown as it came. */
export function reasonText(reason: string): string {
  const known: Record<string, string> = { ...words.drive.reasons, ...words.drive.end.reasons };
  return known[reason] ?? reason.replaceAll('_', ' ');
}
