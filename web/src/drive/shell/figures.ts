import { ask } from '../../api/client';
import type { Day } from '../day/day';

/** What a driver's day amounts to, as the server counts it. */
export interface Figures {
  distanceKm: number;
  onDutySeconds: number;
  stopsPlanned: number;
  stopsCompleted: number;
  onTime: number;
  early: number;
  late: number;
}

export async function askFigures(day: Day, date: string): Promise<Figures | undefined> {
  try {
    const driver = encodeURIComponent(day.driver.driverId);
    return await ask<Figures>(`/v1/drivers/${driver}/statistics?date=${encodeURIComponent(date)}`);
  } catch {
    return undefined;
  }
}
