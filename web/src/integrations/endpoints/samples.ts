/** A message of each practice system as small as can be, for examples: its own names of fields. */
export function sample(system: string, clinic: string, day: string): Record<string, unknown> {
  const at = `${day}T15:00:00Z`;
  if (system === 'opendental') {
    return {
      LabCaseNum: 4711,
      ClinicNum: /^\d+$/.test(clinic) ? Number(clinic) : clinic,
      DateTimeScheduled: at,
    };
  }
  if (system === 'eaglesoft') return { caseId: 'ES-4711', practiceId: clinic, scheduledPickup: at };
  return { externalId: 'DX-4711', practiceId: clinic, preferredPickupTime: at };
}

/** The secret of the contract kit: it is published and opens nothing. */
export const KIT_SECRET = 'pontic-kit-test-secret-known-to-everybody';
