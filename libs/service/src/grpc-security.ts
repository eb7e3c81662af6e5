import { anyText, type Section, type SettingsResult, type ValueParser } from '@kvasir/config';
import { certificatesFile, keyFits, privateKeyFile, refusalOfOpenSsl, type PemFile } from './pem-file.js';

/** Metadata carries printable ASCII; what is around it would be lost on the way. */
const token: ValueParser<string> = {
  ...anyText('text of printable ASCII characters without spaces'),
  parse: (text) => (/^[\x21-\x7e]+$/.test(text) ? text : undefined),
};

/** How the services that speak gRPC to each other prove who they are. kv-service and api-gateway have the same settings. */
export const grpcSecurity = {
  title: 'gRPC between services',
  settings: {
    /** The secret that the services share, sent as `authorization: Bearer <token>`. */
    token: {
      variable: 'GRPC_TOKEN',
      description:
        'A secret that api-gateway sends and kv-service asks for; without one everybody who reaches the port is served.',
      value: token,
      secret: true,
    },
    /** This service's certificate, and those between it and the authority. */
    tlsCert: {
      variable: 'GRPC_TLS_CERT',
      description:
        "This service's certificate. With GRPC_TLS_KEY and GRPC_TLS_CA, gRPC is encrypted and both sides show a certificate.",
      value: certificatesFile,
    },
    /** The certificate's private key. */
    tlsKey: {
      variable: 'GRPC_TLS_KEY',
      description: "The certificate's private key, without a passphrase.",
      value: privateKeyFile,
    },
    /** The authorities that the other side's certificate must come from. */
    tlsCa: {
      variable: 'GRPC_TLS_CA',
      description: "The authority, or authorities, that the other service's certificate must come from.",
      value: certificatesFile,
    },
  },
} satisfies Section;

/** What {@link grpcSecurity} is read into. */
export interface GrpcSecurity {
  readonly token: string | undefined;
  readonly tlsCert: PemFile | undefined;
  readonly tlsKey: PemFile | undefined;
  readonly tlsCa: PemFile | undefined;
}

/** A certificate, its key and the authorities to trust, each as PEM text. */
export interface GrpcTls {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** The files of a configuration that was checked; undefined: in the clear. */
export function grpcTls({ tlsCert, tlsKey, tlsCa }: GrpcSecurity): GrpcTls | undefined {
  if (tlsCert === undefined || tlsKey === undefined || tlsCa === undefined) return undefined;
  return { cert: tlsCert.pem, key: tlsKey.pem, ca: tlsCa.pem };
}

/** Checks what no setting shows alone: that the three files come together, that the key is the certificate's, and that OpenSSL takes them. */
export function checkGrpcSecurity<T>(
  result: SettingsResult<T>,
  securityOf: (settings: T) => GrpcSecurity,
): SettingsResult<T> {
  if (result.kind !== 'settings') return result;
  const problem = problemOf(securityOf(result.settings));
  return problem === undefined ? result : { kind: 'invalid', text: `${problem}\n` };
}

function problemOf(security: GrpcSecurity): string | undefined {
  const files = { GRPC_TLS_CERT: security.tlsCert, GRPC_TLS_KEY: security.tlsKey, GRPC_TLS_CA: security.tlsCa };
  const names = Object.keys(files) as (keyof typeof files)[];
  const missing = names.filter((name) => files[name] === undefined);
  if (missing.length === names.length) return undefined;
  if (missing.length > 0) {
    const set = names.filter((name) => !missing.includes(name));
    return `${set.join(' and ')} without ${missing.join(' and ')}: allowed is all three of ${names.join(', ')}, or none`;
  }
  const identity = grpcTls(security) as GrpcTls;
  if (!keyFits(identity.cert, identity.key))
    return 'GRPC_TLS_KEY does not belong to GRPC_TLS_CERT: allowed is the private key of the first certificate there';
  const refusal = refusalOfOpenSsl(identity);
  return refusal && `${names.join(', ')} are nothing to serve with: OpenSSL says '${refusal}'`;
}
