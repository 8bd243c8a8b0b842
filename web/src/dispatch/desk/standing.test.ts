import { expect, it } from 'vitest';
import { MOST_TOLD, standing } from './standing';

const numbers = (from: number, down: number) =>
  Array.from({ length: down }, (_, at) => ({ number: from - at }));

it('forgets what is not told any more', () => {
  expect(standing([{ number: 3 }, { number: 2 }], [{ number: 3 }])).toEqual([{ number: 3 }]);
});

it('keeps what is older than all that fitted', () => {
  const told = numbers(500, MOST_TOLD);
  expect(standing([{ number: 400 }, { number: 7 }], told)).toEqual([...told, { number: 7 }]);
});
