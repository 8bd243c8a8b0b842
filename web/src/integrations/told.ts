import { type FieldFault, Problem } from '../api/client';
import { words } from '../words/words';

const text = words.integrations.reasons;
const spaced = (code: string) => code.replaceAll('_', ' ');
const sentence = (code: string) => text.other(spaced(code).replace(/^./, (first) => first.toUpperCase()));

/** What is wrong with a field, in a sentence. */
export function reason(word: string): string {
  return text.fields[word] ?? sentence(word);
}

/** Why something was refused, in a sentence. */
export function code(word: string): string {
  return text.codes[word] ?? sentence(word);
}

/** Why a message did not go out: a word, or the status that its receiver answered with. */
export function cause(word: string | null): string {
  if (word === null || word === '') return '';
  if (/^\d{3}$/.test(word)) return text.status(word);
  return text.causes[word] ?? spaced(word);
}

/** What was wrong with a request as a whole. */
export function problem(error: unknown): string {
  if (!(error instanceof Problem)) return error instanceof Error ? error.message : String(error);
  return text.codes[error.code] ?? error.message;
}

/** Faults by their field, those of a form first; `rest` is what belongs to no field that the form shows. */
export class Faults {
  readonly #all: FieldFault[];

  constructor(error?: unknown) {
    this.#all = error instanceof Problem ? error.errors : [];
  }

  /** What is wrong with a field. */
  of(field: string): string | undefined {
    const found = this.#all.find((fault) => fault.field === field);
    return found && reason(found.reason);
  }

  /** What is wrong with a field or within it, each with its place: `pattern.detail[0]`. */
  within(field: string): string[] {
    const here = this.#all.filter(
      (fault) =>
        fault.field === field ||
        (/^[.[:]/.test(fault.field.slice(field.length)) && fault.field.startsWith(field)),
    );
    return here.map((fault) =>
      fault.field === field
        ? reason(fault.reason)
        : `${fault.field.slice(field.length).replace(/^\./, '')}: ${reason(fault.reason)}`,
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

  /** Those that none of these fields shows. */
  beside(fields: string[]): string[] {
    const shown = (fault: FieldFault) =>
      fields.some(
        (field) =>
          fault.field === field ||
          (fault.field.startsWith(field) && /^[.[:]/.test(fault.field.slice(field.length))),
      );
    return this.#all
      .filter((fault) => !shown(fault))
      .map((fault) => `${fault.field}: ${reason(fault.reason)}`);
  }
}
