import { X509Certificate } from 'node:crypto';
import type { Section, SettingsResult } from '@kvasir/config';
import type { KvasirHttpAdapter, TlsIdentity } from '@kvasir/http';
import type { Logger } from 'pino';
import { certificatesFile, keyFits, privateKeyFile, refusalOfOpenSsl, type PemFile } from './pem-file.js';

/** Whether, and as whom, a service serves HTTPS instead of HTTP. */
export const tls = {
  title: 'HTTPS',
  settings: {
    /** The service's certificate, and those between it and the authority. */
    cert: {
      variable: 'TLS_CERT',
      description:
        "The service's certificate, and those between it and its authority. With TLS_KEY, every HTTP port speaks HTTPS (TLS 1.2 or later) and nothing else; both files are read again on SIGHUP.",
      value: certificatesFile,
    },
    /** The certificate's private key. */
    key: {
      variable: 'TLS_KEY',
      description: "The certificate's private key, without a passphrase.",
      value: privateKeyFile,
    },
  },
} satisfies Section;

/** What {@link tls} is read into. */
export interface TlsFiles {
  readonly cert: PemFile | undefined;
  readonly key: PemFile | undefined;
}

/** Checks what no setting shows alone: that the two files come together, that the key is the certificate's, and that OpenSSL takes them. */
export function checkTls<T extends { readonly tls: TlsFiles }>(result: SettingsResult<T>): SettingsResult<T> {
  if (result.kind !== 'settings') return result;
  const { cert, key } = result.settings.tls;
  const problem = problemOf(cert, key);
  return problem === undefined ? result : { kind: 'invalid', text: `${problem}\n` };
}

/** What a service shows to those who connect; undefined: it serves plain HTTP. */
export function tlsIdentity({ cert, key }: TlsFiles): TlsIdentity | undefined {
  return cert === undefined || key === undefined ? undefined : { cert: cert.pem, key: key.pem };
}

/** Reads both files again on SIGHUP. With files that do not fit the old ones stay, and the log says why. Without HTTPS, does nothing. */
export function renewTlsOnSignal(files: TlsFiles, adapter: KvasirHttpAdapter, logger: Logger): void {
  const identity = tlsIdentity(files);
  if (identity === undefined) return;
  logger.info(factsOf(identity), 'HTTP is served over TLS');
  process.on('SIGHUP', () => {
    const cert = reread(files.cert, certificatesFile);
    const key = reread(files.key, privateKeyFile);
    const problem =
      cert === undefined
        ? notRead('TLS_CERT', certificatesFile)
        : key === undefined
          ? notRead('TLS_KEY', privateKeyFile)
          : problemOf(cert, key);
    const renewed = tlsIdentity({ cert, key });
    if (problem !== undefined || renewed === undefined) {
      logger.error(`the certificate stays as it was: ${problem}`);
      return;
    }
    adapter.renewTls(renewed);
    logger.info(factsOf(renewed), 'the certificate was read again');
  });
}

type PemParser = typeof certificatesFile;

function reread(file: PemFile | undefined, parser: PemParser): PemFile | undefined {
  return file && parser.parse(file.path);
}

function notRead(variable: string, { allowed }: PemParser): string {
  return `${variable} does not fit any more: allowed is ${allowed}`;
}

function problemOf(cert: PemFile | undefined, key: PemFile | undefined): string | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) return 'TLS_KEY without TLS_CERT: allowed is both of them, or none';
  if (key === undefined) return 'TLS_CERT without TLS_KEY: allowed is both of them, or none';
  if (!keyFits(cert.pem, key.pem))
    return 'TLS_KEY does not belong to TLS_CERT: allowed is the private key of the first certificate there';
  const refusal = refusalOfOpenSsl({ cert: cert.pem, key: key.pem });
  return refusal && `TLS_CERT and TLS_KEY are nothing to serve with: OpenSSL says '${refusal}'`;
}

/** What an operator wants to see of a certificate in the log. */
function factsOf({ cert }: TlsIdentity): object {
  const { subject, subjectAltName, validTo } = new X509Certificate(cert);
  return { subject, names: subjectAltName, validTo };
}
