import { describe, expect, it } from 'vitest';
import { inTurn } from './sheet';

describe('questions in turn', () => {
  it('answers in the order of the questions, and asks only a few at a time', async () => {
    let running = 0;
    let most = 0;
    const answers = await inTurn(
      [5, 1, 4, 2, 3],
      async (n) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((done) => setTimeout(done, n));
        running -= 1;
        return n * 10;
      },
      2,
    );
    expect(answers).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });
  it('fails as soon as one question does', async () => {
    await expect(inTurn([1, 2], () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  });
  it('asks nothing of nobody', async () => expect(await inTurn([], () => Promise.resolve(1))).toEqual([]));
});
