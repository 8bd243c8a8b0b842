import { expect, it } from 'vitest';
import { dialHref } from './dialled';

it('dials what people write, and nothing where there is no number', () => {
  expect(dialHref('+49 (30) 555-0100')).toBe('tel:+49305550100');
  expect(dialHref('ask at the desk')).toBeUndefined();
  expect(dialHref('')).toBeUndefined();
  expect(dialHref(undefined)).toBeUndefined();
});
