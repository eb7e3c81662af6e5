import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** A certificate and its key, each as PEM text. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** A certificate of its own with a key of 512 bits, which can be read, and which OpenSSL does not serve with. */
export async function weakIdentity(): Promise<Identity> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'rsa', keySize: 512 });
  return { cert: made.cert, key: made.private };
}

const COMMON = { keyType: 'ec', algorithm: 'sha256' } as const;

/** An authority that tests make certificates with. */
export class TestAuthority {
  private constructor(private readonly own: Identity) {}

  static async make(): Promise<TestAuthority> {
    const made = await generate([{ name: 'commonName', value: 'Test authority' }], {
      ...COMMON,
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, critical: true },
      ],
    });
    return new TestAuthority({ cert: made.cert, key: made.private });
  }

  /** The authority's own certificate, as PEM text. */
  get ca(): string {
    return this.own.cert;
  }

  /** A certificate for `localhost` and 127.0.0.1, to serve with or to call with. */
  async issue(): Promise<Identity> {
    const made = await generate([{ name: 'commonName', value: 'localhost' }], {
      ...COMMON,
      ca: this.own,
      extensions: [
        { name: 'basicConstraints', cA: false },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
      ],
    });
    return { cert: made.cert, key: made.private };
  }

  /** The settings of a service that has a certificate of this authority and trusts it, with their files in `directory`. */
  async settings(directory: string): Promise<Record<'GRPC_TLS_CERT' | 'GRPC_TLS_KEY' | 'GRPC_TLS_CA', string>> {
    const { cert, key } = await this.issue();
    const write = (name: string, text: string): string => {
      const file = join(directory, name);
      writeFileSync(file, text);
      return file;
    };
    return {
      GRPC_TLS_CERT: write('cert.pem', cert),
      GRPC_TLS_KEY: write('key.pem', key),
      GRPC_TLS_CA: write('ca.pem', this.ca),
    };
  }
}
