import { type FieldFault, Problem } from './api/client';
import { words } from './words/words';

const text = words.faults;
const spaced = (word: string) => word.replaceAll('_', ' ');
const sentence = (word: string) => `${spaced(word).replace(/^./, (first) => first.toUpperCase())}.`;

/** Anything thrown, as the problem it is. */
export function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, 'offline');
}

/** What is wrong with a field, in a sentence. */
export function reason(word: string): string {
  return text.fields[word] ?? sentence(word);
}

/** Why something was refused, in a sentence. */
export function code(word: string): string {
  return text.codes[word] ?? sentence(word);
}

/** What went wrong in a sentence: by the server's word where we have one for it, else by the status. */
export function told(error: unknown): string {
  if (!(error instanceof Problem)) return error instanceof Error ? error.message : String(error);
  if (error.code === 'validation_failed' && error.errors.length > 0) return text.checkFields;
  return text.codes[error.code] ?? error.message;
}

/** What is wrong with a field of a form. */
export function faultOf(problem: Problem | undefined, field: string): string | undefined {
  const found = problem?.of(field);
  return found === undefined ? undefined : reason(found);
}

/** Where a fault stands, and what it is. */
export function placed(fault: FieldFault): string {
  return `${fault.field}: ${reason(fault.reason)}`;
}

/** Faults of a form by their field. */
export class Faults {
  readonly #problem: Problem | undefined;
  readonly #all: FieldFault[];

  constructor(error?: unknown) {
    this.#problem = error instanceof Problem ? error : undefined;
    this.#all = this.#problem?.errors ?? [];
  }

  /** What is wrong with a field. */
  of(field: string): string | undefined {
    return faultOf(this.#problem, field);
  }

  /** What is wrong with a field or within it, each with its place: `pattern.detail[0]`. */
  within(field: string): string[] {
    return this.#all
      .filter((fault) => isWithin(fault.field, field))
      .map((fault) =>
        fault.field === field
          ? reason(fault.reason)
          : placed({ ...fault, field: fault.field.slice(field.length).replace(/^\./, '') }),
      );
  }

  /** Faults with a line (`text:3`), as lines and words. */
  lines(field: string): { line: number; reason: string }[] {
    return this.#all
      .filter((fault) => fault.field.startsWith(`${field}:`))
      .map((fault) => ({ line: Number(fault.field.slice(field.length + 1)), reason: fault.reason }));
  }

  get some(): boolean {
    return this.#all.length > 0;
  }

  /** Those that none of these fields shows, so that none goes unsaid. */
  beside(fields: readonly string[]): string[] {
    return this.#all.filter((fault) => !fields.some((field) => isWithin(fault.field, field))).map(placed);
  }
}

/** Whether a fault's place is a field or a part of it. */
function isWithin(place: string, field: string): boolean {
  return place === field || (place.startsWith(field) && /^[.[:]/.test(place.slice(field.length)));
}
