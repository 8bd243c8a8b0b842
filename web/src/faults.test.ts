import { describe, expect, it } from 'vitest';
import { Problem } from './api/client';
import { Faults, problemOf, told } from './faults';

const refused = new Problem(400, 'validation_failed', [
  { field: 'url', reason: 'required' },
  { field: 'pattern.detail[0]', reason: 'not_integer' },
  { field: 'text:3', reason: 'unknown_value' },
  { field: 'patterns', reason: 'some_new_word' },
]);

describe('faults of a form', () => {
  const faults = new Faults(refused);
  it('stand at their field, or within it with their place', () => {
    expect(faults.of('url')).toBe('This is needed.');
    expect(faults.of('pattern')).toBeUndefined();
    expect(faults.within('pattern')).toEqual(['detail[0]: This has to be a whole number.']);
    expect(faults.lines('text')).toEqual([{ line: 3, reason: 'unknown_value' }]);
  });
  it('are all said, those of no field in words of their own', () => {
    expect(faults.beside(['url', 'pattern', 'text'])).toEqual(['patterns: Some new word.']);
    expect(new Faults().beside([])).toEqual([]);
  });
});

it('tells what went wrong by its word, else by the status', () => {
  expect(told(refused)).toBe('Some fields cannot be used: look at the marked ones.');
  expect(told(new Problem(409, 'stop_closed'))).toBe('That stop is done: it stays where it is.');
  expect(told(new Problem(412, 'changed_by_nobody'))).toBe('Somebody else changed it meanwhile.');
  expect(problemOf(new TypeError('x')).status).toBe(0);
});
