import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Moved } from './doing';

const moveStop = vi.fn(() => Promise.resolve(true));
const fault = vi.fn();
let answer: (moved: Partial<Moved>) => void;
let refuse: (error: Error) => void;
const previewMove = vi.fn(
  () =>
    new Promise<Partial<Moved>>((resolve, reject) => {
      answer = resolve;
      refuse = reject;
    }),
);
vi.mock('./doing', () => ({
  moveStop,
  previewMove,
  refusal: (error: Error) => error.message,
  told: (moved: Moved) => (moved.becomesLate.length > 0 ? 'late' : 'fine'),
}));
vi.mock('../../design/toasts.svelte', () => ({ toasts: { fault } }));
vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });

const { desk } = await import('../desk.svelte');
const { ui } = await import('./ui.svelte');
const { drag } = await import('./drag.svelte');

const today = desk.today('L');
const stop = {
  id: 'S1',
  labId: 'L',
  routeId: 'R1',
  sequence: 1,
  clinicId: 'C',
  deliveryIds: [],
  pickupIds: [],
  status: 'planned' as const,
  version: 1,
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  ui.move(null);
  for (const [driverId, id] of [
    ['ANA', 'R1'],
    ['TOM', 'R2'],
  ] as const) {
    desk.put('driver', 'L', driverId, {
      id: driverId,
      labId: 'L',
      name: driverId,
      verified: true,
      version: 1,
    });
    const route = { id, routeId: id, labId: 'L', driverId, date: today, status: 'started', version: 1 };
    desk.put('route', 'L', id, { ...route, stops: id === 'R1' ? [stop] : [] });
  }
  const dragged = desk.stops.get('L/S1');
  if (!dragged) throw new Error('no stop');
  drag.begin(dragged, 0, 0);
});
afterEach(() => {
  drag.cancel();
  vi.useRealTimers();
});

const over = () => drag.move(10, 10, 'L/TOM', Date.now());
const asked = () => vi.advanceTimersByTimeAsync(200);

it('moves what was told before', async () => {
  over();
  await asked();
  answer({ becomesLate: [] });
  await asked();
  expect(drag.over).toMatchObject({ text: 'fine', tone: 'plain' });
  await drag.drop();
  expect(moveStop).toHaveBeenCalledWith(expect.objectContaining({ key: 'L/S1' }), { routeId: 'R2' });
});

it('waits with the drop until it is known what it means', async () => {
  over();
  const dropped = drag.drop();
  await asked();
  expect(moveStop).not.toHaveBeenCalled();
  answer({ becomesLate: [] });
  await dropped;
  expect(moveStop).toHaveBeenCalledTimes(1);
  expect(drag.stop).toBeNull();
});

it('asks once more where a fast drop would make somebody late', async () => {
  over();
  const dropped = drag.drop();
  await asked();
  answer({ becomesLate: ['S9'] });
  await dropped;
  expect(moveStop).not.toHaveBeenCalled();
  expect([ui.moving, ui.movingTo]).toEqual(['L/S1', { routeId: 'R2' }]);
});

it('says why a fast drop is refused, and moves nothing', async () => {
  over();
  const dropped = drag.drop();
  await asked();
  refuse(new Error('full'));
  await dropped;
  expect(moveStop).not.toHaveBeenCalled();
  expect(fault).toHaveBeenCalledWith('full');
});

it('moves nothing when it is given up while the drop waits', async () => {
  over();
  const dropped = drag.drop();
  await asked();
  drag.cancel();
  answer({ becomesLate: [] });
  await dropped;
  expect(moveStop).not.toHaveBeenCalled();
});

it('asks once for a place, also when it is refused there', async () => {
  over();
  await asked();
  refuse(new Error('full'));
  await asked();
  over();
  await asked();
  expect(previewMove).toHaveBeenCalledTimes(1);
  expect(drag.over).toMatchObject({ text: 'full', tone: 'no' });
});
