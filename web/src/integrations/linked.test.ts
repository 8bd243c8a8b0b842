import { describe, expect, it } from 'vitest';
import { linked } from './linked';

const links = (sentence: string, own: string[] = []) =>
  linked(sentence, own).flatMap((piece) => (piece.href ? [[piece.text, piece.href]] : []));

describe('sentences of a story', () => {
  it('lead to what they speak of', () => {
    const told =
      'The portal (source/019eac70-962a-7fe3-ad96-71a1a036dcf3): clinic CLI-005 wants pickup PU-102 at 2026-06-09 09:41-11:41.';
    expect(links(told)).toEqual([
      ['CLI-005', '#/stories/CLI-005'],
      ['PU-102', '#/stories/PU-102'],
    ]);
    expect(
      links('Pickup 019eac70-9df2-773a-8491-9bd3a54e8a92 for clinic CLI-005 was made: requested.'),
    ).toEqual([
      ['019eac70-9df2-773a-8491-9bd3a54e8a92', '#/stories/019eac70-9df2-773a-8491-9bd3a54e8a92'],
      ['CLI-005', '#/stories/CLI-005'],
    ]);
    expect(links('PickupConfirmed was published as number 140.')).toEqual([['140', '#/events/140']]);
  });

  it('lose nothing, and do not lead to where somebody is', () => {
    const told = 'Case CASE-1 for clinic HARBOR was made, in delivery 7.';
    const pieces = linked(told, ['CASE-1']);
    expect(pieces.map((piece) => piece.text).join('')).toBe(told);
    expect(links(told, ['CASE-1'])).toEqual([['HARBOR', '#/stories/HARBOR']]);
    expect(links('The driver is five minutes away, the delivery was made.')).toEqual([]);
  });
});
