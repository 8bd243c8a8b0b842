import type { Words } from '../../words';

export const reasons: Words['integrations']['reasons'] = {
  causes: {
    timeout: 'keine Antwort in der Zeit',
    unreachable: 'nicht erreichbar',
    forbidden_address: 'die Adresse liegt in einem privaten Netz',
    hung_up: 'der Empfänger hat abgebrochen',
    unreadable: 'die Antwort war nicht lesbar',
    unwritable: 'die Nachricht ließ sich nicht schreiben',
    store: 'der Server konnte seine Datensätze nicht lesen',
    tls: 'dem Zertifikat wird nicht vertraut',
    refused_by_us: 'die Nachricht ließ sich nicht erstellen',
    other_lab: 'der Empfänger gehört jetzt zu einem anderen Labor',
    not_configured: 'dieser Weg ist nicht eingerichtet',
    unwanted: 'nicht mehr gewünscht',
    late: 'dafür war es zu spät',
    quiet_hours: 'Ruhezeit',
    forgotten: 'worum es ging, ist nicht mehr aufbewahrt',
    taken: 'angenommen',
    not_connected: 'NATS ist nicht da',
    no_stream: 'kein Stream nimmt diesen Betreff',
    wrong_stream: 'ein anderer Stream nimmt diesen Betreff',
    weak_stream: 'der Stream ist nicht haltbar genug',
    too_large: 'größer, als der Stream annimmt',
    bus_refused: 'NATS hat es abgelehnt',
  },
  status: (status) => `antwortete mit Status ${status}`,
};
