import { endpoints } from './integrations/endpoints';
import { events } from './integrations/events';
import { notices } from './integrations/notices';
import { overview } from './integrations/overview';
import { quarantine } from './integrations/quarantine';
import { reasons } from './integrations/reasons';
import { subscriptions } from './integrations/subscriptions';
import { tokens } from './integrations/tokens';

/** The screen of whoever looks after what comes in and goes out. */
export const integrations = {
  title: 'Integrations',
  sections: 'Sections',
  pages: {
    overview: 'Overview',
    events: 'Events',
    quarantine: 'Quarantine',
    letters: 'Dead letters',
    endpoints: 'Endpoints',
    subscriptions: 'Subscriptions',
    tokens: 'Tokens',
    notices: 'Notices',
  },
  notForRole: (role: string) =>
    `This screen is for administrators and dispatchers. You are logged in as ${role}.`,
  nowhere: 'There is no such page here.',
  settings: 'Language and appearance',
  older: 'Older',
  newest: 'Back to the newest',
  all: 'All',
  allLabs: 'All labs',
  lab: 'Lab',
  clinic: 'Clinic',
  status: 'Status',
  source: 'Source',
  type: 'Type',
  when: 'When',
  edit: 'Edit',
  create: 'Create',
  remove: 'Remove',
  add: 'Add',
  show: 'Show',
  hide: 'Hide',
  none: 'none',
  unknownId: 'Nobody knows such an id.',
  chooseClinic: 'Name or id of a clinic',
  noSuchClinic: 'Choose one of the clinics in the list.',
  changedMeanwhile: 'Somebody else has changed it since you opened it. Load it again to see how it is now.',
  loadAgain: 'Load again',
  saved: 'Saved.',
  secret: {
    title: 'Secrets',
    lead: 'Only fingerprints are kept in sight: the first eight digits of a secret’s SHA-256.',
    newest: 'newest',
    beside: 'the one before',
    none: 'No secret: everything that comes is refused.',
    configured: 'Its secrets stand in the server’s configuration and are changed there.',
    change: 'Change over to a new secret',
    changing:
      'Both secrets are good now. Give the new one to the other side; when it works with it, remove the old one.',
    drop: (print: string) => `Remove ${print}`,
    dropTitle: 'Remove this secret?',
    dropLead: (print: string) =>
      `Whatever still uses ${print} stops working at once. Make sure that the other side has changed over.`,
    dropped: (print: string) => `${print} is removed.`,
    onceTitle: 'The new secret',
    once: 'It is shown this once. Hand it over by a safe way; afterwards only its fingerprint is known.',
    done: 'I have kept it',
    fingerprint: 'Fingerprint',
  },
  events,
  overview,
  quarantine,
  reasons,
  endpoints,
  subscriptions,
  tokens,
  notices,
};
