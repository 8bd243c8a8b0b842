import type { FieldFault } from '../api/client';
import type { Endpoint, Heard as HeardRecord } from '../api/schema/records';

export type {
  Clinic,
  Endpoint,
  Event as LogRow,
  Lab,
  Message,
  Notice,
  Quarantined as Refused,
  Subscription,
  Template,
  Token,
} from '../api/schema/records';
export type { Story } from '../api/story';

// What has no schema of its own yet: answers of this screen's questions.

export type Priority = NonNullable<Endpoint['priorities']>[string];

/** When something was heard of a sender; `silent`: for longer than usual. */
export type Heard = HeardRecord & { silent: { usually: string } | null };

export interface Group {
  labId: string | null;
  source: string;
  type: string | null;
  code: string;
  field: string | null;
  reason: string | null;
  count: number;
  firstAt: string;
  lastAt: string;
  missing?: { clinic?: string; priority?: string };
}

/** What became of messages that were sent in again. */
export interface Redriven {
  redriven: number;
  refused: number;
  items: {
    id: string;
    status: 'redriven' | 'refused';
    eventId?: string;
    code?: string;
    errors?: FieldFault[];
  }[];
}

export interface DeadGroup {
  subscriptionId: string;
  cause: string;
  count: number;
  firstAt: string;
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
