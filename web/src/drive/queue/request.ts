import type { Completion, Tap } from './tap';

/** What is sent for a tap. */
export interface Outgoing {
  path: string;
  body: string | FormData;
}

/** The request of a tap; `proofIds` are the server's ids of the proofs' taps by their keys. */
export function request(tap: Tap, proofIds: ReadonlyMap<string, string>): Outgoing {
  const { at, deed } = tap;
  const [lab = '', driver = ''] = tap.driver.split('/');
  switch (deed.kind) {
    case 'start':
      return json(`/v1/routes/${name(deed.routeId)}/start`, { at });
    case 'finish':
      return json(`/v1/routes/${name(deed.routeId)}/finish`, { at, left: deed.left });
    case 'arrive':
      return json(`/v1/stops/${name(deed.stopId)}/arrive`, { at });
    case 'complete':
      return json(`/v1/stops/${name(deed.stopId)}/complete`, {
        at,
        ...completed(deed.completion, proofIds),
      });
    case 'fail':
      return json(`/v1/stops/${name(deed.stopId)}/fail`, {
        at,
        reason: deed.reason,
        ...said('redeliverOn', deed.redeliverOn),
      });
    case 'skip':
      return json(`/v1/stops/${name(deed.stopId)}/skip`, { at, ...said('reason', deed.reason) });
    case 'presence':
      return json(`/v1/drivers/${name(driver)}/status`, {
        at,
        onDuty: deed.presence !== 'off_duty',
        paused: deed.presence === 'break',
      });
    case 'proof': {
      const form = new FormData();
      form.set('labId', lab);
      const ending = deed.file.type === 'image/png' ? 'png' : 'jpg';
      form.set('file', new Blob([deed.file.bytes], { type: deed.file.type }), `${deed.what}.${ending}`);
      return { path: '/v1/proofs', body: form };
    }
  }
}

function json(path: string, body: Record<string, unknown>): Outgoing {
  return { path, body: JSON.stringify(body) };
}

function name(id: string): string {
  return encodeURIComponent(id);
}

/** Members that are not known are left out. */
function said(member: string, value: unknown): Record<string, unknown> {
  return value === null ? {} : { [member]: value };
}

function completed(done: Completion, proofIds: ReadonlyMap<string, string>): Record<string, unknown> {
  const signatureId = done.signature === null ? undefined : proofIds.get(done.signature);
  const photoIds = done.photos.map((key) => proofIds.get(key)).filter((id) => id !== undefined);
  const hasProof = signatureId !== undefined || photoIds.length > 0;
  return {
    cases: done.undoneCases.map(({ id, reason }) => ({ caseId: id, done: false, reason })),
    pickups: done.undonePickups.map(({ id, reason }) => ({ id, done: false, reason })),
    ...said('redeliverOn', done.redeliverOn),
    ...said('receivedBy', done.receivedBy),
    ...said('notes', done.notes),
    ...said('coordinates', done.coordinates),
    ...(hasProof
      ? { proofOfDelivery: { ...(signatureId === undefined ? {} : { signatureId }), photoIds } }
      : {}),
  };
}
