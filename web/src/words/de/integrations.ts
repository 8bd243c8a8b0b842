import type { Words } from '../words';
import { endpoints } from './integrations/endpoints';
import { events } from './integrations/events';
import { notices } from './integrations/notices';
import { overview } from './integrations/overview';
import { quarantine } from './integrations/quarantine';
import { reasons } from './integrations/reasons';
import { subscriptions } from './integrations/subscriptions';
import { tokens } from './integrations/tokens';

export const integrations: Words['integrations'] = {
  title: 'Schnittstellen',
  sections: 'Bereiche',
  pages: {
    overview: 'Überblick',
    events: 'Ereignisse',
    quarantine: 'Quarantäne',
    letters: 'Unzustellbar',
    endpoints: 'Endpunkte',
    subscriptions: 'Abonnements',
    tokens: 'Token',
    notices: 'Mitteilungen',
  },
  notForRole: (role) =>
    `Diese Seite ist für die Verwaltung und die Disposition. Angemeldet ist die Rolle ${role}.`,
  nowhere: 'Eine solche Seite gibt es hier nicht.',
  settings: 'Sprache und Darstellung',
  older: 'Ältere',
  newest: 'Zurück zu den neuesten',
  all: 'Alle',
  allLabs: 'Alle Labore',
  lab: 'Labor',
  clinic: 'Praxis',
  status: 'Stand',
  source: 'Quelle',
  type: 'Art',
  when: 'Wann',
  edit: 'Bearbeiten',
  create: 'Anlegen',
  remove: 'Entfernen',
  add: 'Hinzufügen',
  show: 'Zeigen',
  hide: 'Verbergen',
  none: 'keines',
  unknownId: 'Eine solche Kennung ist unbekannt.',
  chooseClinic: 'Name oder Kennung einer Praxis',
  noSuchClinic: 'Bitte eine Praxis aus der Liste wählen.',
  changedMeanwhile: 'Jemand anders hat es seit dem Öffnen geändert. Neu laden zeigt, wie es jetzt ist.',
  loadAgain: 'Neu laden',
  saved: 'Gespeichert.',
  secret: {
    title: 'Geheimnisse',
    lead: 'Zu sehen sind nur Fingerabdrücke: die ersten acht Ziffern der SHA-256 eines Geheimnisses.',
    newest: 'neuestes',
    beside: 'das vorige',
    none: 'Kein Geheimnis: alles, was kommt, wird abgewiesen.',
    configured: 'Die Geheimnisse stehen in der Konfiguration des Servers und werden dort geändert.',
    change: 'Zu einem neuen Geheimnis wechseln',
    changing:
      'Beide Geheimnisse gelten jetzt. Das neue an die andere Seite geben; wenn sie damit arbeitet, das alte entfernen.',
    drop: (print) => `${print} entfernen`,
    dropTitle: 'Dieses Geheimnis entfernen?',
    dropLead: (print) =>
      `Was noch ${print} benutzt, geht sofort nicht mehr. Bitte sicherstellen, dass die andere Seite gewechselt hat.`,
    dropped: (print) => `${print} ist entfernt.`,
    onceTitle: 'Das neue Geheimnis',
    once: 'Es wird nur dieses eine Mal gezeigt. Auf sicherem Weg übergeben; danach ist nur der Fingerabdruck bekannt.',
    done: 'Ich habe es verwahrt',
    fingerprint: 'Fingerabdruck',
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
