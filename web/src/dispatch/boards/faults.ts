import { Problem } from '../../api/client';
import { words } from '../../words/words';

/** Anything thrown, as the problem it is. */
export function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, 'offline');
}

/** What went wrong in a sentence: by the server's word where we have one for it, else by the status. */
export function told(problem: Problem): string {
  const known: Record<string, string> = words.boards.conflicts;
  if (problem.code === 'validation_failed') return words.boards.checkFields;
  return known[problem.code] ?? problem.message;
}

/** What is wrong with a field, in words. */
export function faultOf(problem: Problem | undefined, field: string): string | undefined {
  const reason = problem?.of(field);
  if (reason === undefined) return undefined;
  const known: Record<string, string> = words.boards.reasons;
  return known[reason] ?? words.boards.otherReason;
}

/** Faults of fields that stand nowhere on the form, so that none goes unsaid. */
export function restOf(problem: Problem | undefined, shown: readonly string[]): string[] {
  const others = (problem?.errors ?? []).filter((fault) => !shown.includes(fault.field));
  const known: Record<string, string> = words.boards.reasons;
  return others.map((fault) => `${fault.field}: ${known[fault.reason] ?? words.boards.otherReason}`);
}
