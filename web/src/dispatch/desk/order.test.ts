import { expect, it } from 'vitest';
import { Order } from './order';

/** A request whose answer comes when we say so. */
function request(order: Order, key: string) {
  let answer: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => (answer = resolve));
  const isNews = order.ask(async (asked) => {
    await arrived;
    return order.isNews(key, asked);
  });
  return { answer, isNews };
}

it('drops the answer to an older request', async () => {
  const order = new Order();
  const older = request(order, 'route');
  const newer = request(order, 'route');
  newer.answer();
  expect(await newer.isNews).toBe(true);
  older.answer();
  expect(await older.isNews).toBe(false);
});

it('takes answers in their order, and those of other keys', async () => {
  const order = new Order();
  const first = request(order, 'route');
  const second = request(order, 'route');
  const other = request(order, 'clinic');
  first.answer();
  expect(await first.isNews).toBe(true);
  other.answer();
  expect(await other.isNews).toBe(true);
  second.answer();
  expect(await second.isNews).toBe(true);
});

it('drops what was asked before something was heard', async () => {
  const order = new Order();
  const asked = request(order, 'route');
  order.heard('route');
  asked.answer();
  expect(await asked.isNews).toBe(false);
});

it('goes on after a request that failed', async () => {
  const order = new Order();
  await expect(order.ask(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
  const next = request(order, 'route');
  next.answer();
  expect(await next.isNews).toBe(true);
});
