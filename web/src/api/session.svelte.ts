import { ask, Problem } from './client';

export type Role = 'admin' | 'dispatcher' | 'driver' | 'source' | 'finance' | 'viewer';

/** Who is logged in. */
export interface Me {
  tokenId: string;
  role: Role;
  /** The lab that the token is bound to; `null`: all. */
  labId: string | null;
  driverId: string | null;
  clinicId: string | null;
  sources: string[];
}

/** Who asks; sends whoever is not logged in to the page for that. */
export async function me(): Promise<Me> {
  try {
    return await ask<Me>('/v1/me');
  } catch (error) {
    if (error instanceof Problem && error.status === 401) toLogin();
    throw error;
  }
}

/** To the login, and back here after it. */
export function toLogin(): void {
  const here = location.pathname + location.search + location.hash;
  location.assign(`/login?next=${encodeURIComponent(here)}`);
}

export async function logOut(): Promise<void> {
  await ask('/logout', { method: 'POST' });
  location.assign('/login');
}

/** Whether a role may change things at the desk. */
export function mayAct(who: Me): boolean {
  return who.role === 'admin' || who.role === 'dispatcher';
}
