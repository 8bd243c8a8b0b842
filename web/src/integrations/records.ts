/** Records as the server answers them, as far as this screen shows them. */

export interface LogRow {
  seq: number;
  time: string;
  direction: 'in' | 'out';
  id: string;
  source: string;
  type: string;
  labId?: string;
  causedBy?: number;
  actor?: string;
  changes?: { kind: string; id: string; labId: string; version: number; parent?: string }[];
  detail: unknown;
}

export interface Story {
  kind: string;
  id: string;
  labId: string | null;
  summary: string;
  timeZone: string;
  lines: { at: string; seq: number | null; text: string }[];
  omitted: number;
}

export interface Fault {
  field: string;
  reason: string;
}

export interface Group {
  labId: string | null;
  source: string;
  type: string;
  code: string;
  field: string | null;
  reason: string | null;
  count: number;
  firstAt: string;
  lastAt: string;
  missing?: { clinic?: string; priority?: string };
}

export interface Refused {
  id: string;
  at: string;
  labId: string | null;
  source: string;
  type: string;
  actor: string;
  code: string;
  errors: Fault[];
  about: string | null;
  status: 'open' | 'redriven';
  became: string | null;
  body?: unknown;
}

/** What became of messages that were sent in again. */
export interface Redriven {
  redriven: number;
  refused: number;
  items: { id: string; status: 'redriven' | 'refused'; eventId?: string; code?: string; errors?: Fault[] }[];
}

export interface DeadGroup {
  subscriptionId: string;
  cause: string;
  count: number;
  firstAt: string;
}

export interface Message {
  number: number;
  subscriptionId: string;
  labId: string;
  messageId: string;
  type: string;
  seq: number;
  key: string;
  status: string;
  attempts: number;
  due: string | null;
  triedAt: string | null;
  cause: string | null;
}

export interface Heard {
  kind: 'clinic' | 'endpoint' | 'source';
  id: string;
  labId: string;
  lastSeen: string;
  lastEvent: string;
  lastSeq: number;
  daysHeard: number;
  silent: { usually: string } | null;
}

export interface Endpoint {
  id: string;
  labId: string;
  system: string;
  timeZone?: string;
  clinics: string[];
  clinicMap: Record<string, string>;
  priorities?: Record<string, Priority>;
  secretFingerprints: string[];
  path: string;
  version: number;
}

export type Priority = 'STANDARD' | 'RUSH';

export interface Subscription {
  id: string;
  labId: string | null;
  url: string;
  pattern?: unknown;
  format: string;
  headerNames: string[];
  secretFingerprints: string[];
  maxRetries: number;
  baseDelayMs: number;
  timeoutSeconds: number;
  paused: boolean;
  pausedBecause?: string;
  version: number;
  /** Shown once, when it was made by the server. */
  secret?: string;
}

export interface Token {
  id: string;
  role: string;
  labId: string | null;
  driverId: string | null;
  clinicId: string | null;
  sources: string[];
  createdAt: string;
  expiresAt: string | null;
  token?: string;
}

export interface Notice {
  number: number;
  labId: string;
  clinicId: string | null;
  channel: string;
  kind: string;
  to: string | null;
  status: string;
  reason: string | null;
  eventSeq: number;
  attempts: number;
  due: string | null;
  triedAt: string | null;
  messageId: string | null;
}

export interface Template {
  id: string;
  labId: string | null;
  kind: string;
  language: string;
  subject: string;
  text: string;
  html?: string;
  sms?: string;
  version: number;
}

export interface Health {
  status: 'healthy' | 'degraded';
  supportedSystems: string[];
  notConfigured: string[];
  endpoints: Record<string, string>;
  requiredHeaders: Record<string, string>;
}

export interface Ready {
  status: string;
  waitingEvents: number;
  waitingWork: number;
  oldestWaitingSeconds: number;
}

export interface Series {
  stepSeconds: number;
  items: {
    direction: 'in' | 'out';
    source: string;
    kind: string;
    counts: number[];
    errors: number[];
    latencyMs: (number | null)[];
  }[];
}

export interface Totals {
  totalEvents: number;
  totalErrors: number;
  avgLatencyMs: number;
  eventCounts: Record<string, number>;
  errorCounts: Record<string, number>;
}

export interface Tested {
  taken: boolean;
  answer: string;
  latencyMs: number;
}
