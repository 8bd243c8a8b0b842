/** How far predictions were off, in seconds. */
interface EtaError {
  p50: number;
  p90: number;
}

/** What a driver's day amounts to. */
export interface Statistics {
  distanceKm: number;
  /** What of it lies across gaps. */
  gapDistanceKm: number;
  onDutySeconds: number;
  drivingSeconds: number;
  idleSeconds: number;
  serviceSeconds: number;
  /** km/h. */
  averageMovingSpeed: number | null;
  /** km/h. */
  maxSpeed: number | null;
  stopsPlanned: number;
  stopsCompleted: number;
  stopsMissed: number;
  onTime: number;
  early: number;
  late: number;
  etaErrorSeconds: Record<'30min' | '15min' | '5min', EtaError | null>;
  coveragePercent: number;
}
