const BYTES = 32;

/** A new secret in the form of Standard Webhooks, by the browser's own chance. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}

/** HMAC-SHA256 of `body`, in hex, as practice systems sign. Browsers do it in secure contexts only: `undefined` elsewhere. */
export async function signed(secret: string, body: string): Promise<string | undefined> {
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle as SubtleCrypto | undefined;
  if (!subtle) return undefined;
  const text = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await subtle.importKey('raw', text.encode(secret), algorithm, false, ['sign']);
  const mac = new Uint8Array(await subtle.sign('HMAC', key, text.encode(body)));
  return [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
