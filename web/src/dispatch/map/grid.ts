import { moved, toWorld, type LngLat, type View } from './mercator';

/** The plain ground's grid: squares of whole kilometres, counted from a fixed place, so that they stay where they are while the map moves. */
export interface Grid {
  stepM: number;
  /** Pixels from the left. */
  columns: number[];
  /** Pixels from above. */
  rows: number[];
}

/** Squares are at least this wide on the screen. */
const LEAST_PX = 64;
/** A step that would need more lines than this is not drawn. */
const MOST_LINES = 60;

/** The smallest of 1, 2, 5, 10, … times 100 m whose square is `LEAST_PX` wide. */
export function stepFor(metresPerPixel: number): number {
  let step = 100;
  for (let turn = 0; step / metresPerPixel < LEAST_PX && turn < 20; turn += 1)
    step *= turn % 3 === 1 ? 2.5 : 2;
  return step;
}

export function gridOf(view: View, origin: LngLat): Grid {
  const stepM = stepFor(view.metresPerPixel());
  const step = moved(origin, stepM, stepM);
  const dLng = step.lng - origin.lng;
  const dLat = step.lat - origin.lat;
  const topLeft = view.under(0, 0);
  const bottomRight = view.under(view.width, view.height);
  return {
    stepM,
    columns: numbers((topLeft.lng - origin.lng) / dLng, (bottomRight.lng - origin.lng) / dLng).map((n) =>
      view.x(toWorld({ lng: origin.lng + n * dLng, lat: origin.lat })),
    ),
    rows: numbers((origin.lat - topLeft.lat) / dLat, (origin.lat - bottomRight.lat) / dLat).map((n) =>
      view.y(toWorld({ lng: origin.lng, lat: origin.lat - n * dLat })),
    ),
  };
}

/** The whole numbers between two, none where they would be more than anybody wants to see. */
function numbers(from: number, to: number): number[] {
  const first = Math.ceil(from);
  const count = Math.floor(to) - first + 1;
  return count > 0 && count <= MOST_LINES ? Array.from({ length: count }, (_, n) => first + n) : [];
}
