import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { path, type ValueParser } from '@kvasir/config';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** A file as it was when it was read. */
export interface PemFile {
  /** Absolute. */
  readonly path: string;
  /** What it held. */
  readonly pem: string;
}

/** Certificates: the service's own first, or authorities. */
export const certificatesFile = pemFile('one or more certificates', isCertificates);

/** A private key without a passphrase. */
export const privateKeyFile = pemFile('a private key', (pem) => createPrivateKey(pem).type === 'private');

/** Whether the key is that of the first certificate. Both must have been read by the parsers above. */
export function keyFits(cert: string, key: string): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
}

/** Why OpenSSL does not serve with what the parsers above have read, as with a key that is too short for it; undefined: it does. */
export function refusalOfOpenSsl(identity: {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}): string | undefined {
  try {
    createSecureContext(identity);
    return undefined;
  } catch (error) {
    const { reason, message } = error as Error & { readonly reason?: string };
    return reason ?? message;
  }
}

/** @param isValid throws, or returns false, for what is not */
function pemFile(content: string, isValid: (pem: string) => boolean): ValueParser<PemFile> {
  return {
    allowed: `the path of a file that can be read and holds ${content} as PEM`,
    parse: (text) => {
      const file = path.parse(text);
      if (file === undefined) return undefined;
      try {
        const pem = readFileSync(file, 'utf8');
        return isValid(pem) ? { path: file, pem } : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** @throws Error when one of the certificates cannot be read */
function isCertificates(pem: string): boolean {
  const certificates = pem.match(CERTIFICATE) ?? [];
  return (
    certificates.length > 0 && certificates.every((certificate) => new X509Certificate(certificate).raw.length > 0)
  );
}
