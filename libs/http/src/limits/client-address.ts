import { isIP, isIPv4 } from 'node:net';
import proxyAddr from 'proxy-addr';

/**
 * Whether the machine at an address may say for whom it asks.
 *
 * @param hop 0 for whoever is connected to us, 1 for whom that one names, and so on
 */
export interface TrustProxy {
  (address: string, hop: number): boolean;
  /** Whether proxies are known by how many there are, and not by their addresses. Default: no. */
  readonly byCount?: boolean;
}

/** What is read of a request to learn who sent it; Node's `IncomingMessage` is one. */
export interface AddressSource {
  /** Whether it came by a way on which nobody has counted the proxies: only those that are known by their addresses are believed. Default: no. */
  readonly uncounted?: boolean;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

const MAX_HOPS = 32;

/**
 * Reads the setting TRUST_PROXY, which means what Express's `trust proxy` does: how many proxies there are in front of this service, or the addresses and subnets that they have,
 * separated by commas; `loopback`, `linklocal` and `uniquelocal` stand for theirs.
 *
 * There is no way to trust everybody: then a client could give itself any address.
 *
 * @returns undefined for what is none of that
 */
export function parseTrustProxy(text: string): TrustProxy | undefined {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) {
    const hops = Number(trimmed);
    if (hops < 1 || hops > MAX_HOPS) return undefined;
    return Object.assign((_address: string, hop: number) => hop < hops, { byCount: true });
  }
  try {
    return proxyAddr.compile(trimmed.split(',').map((part) => part.trim()));
  } catch {
    return undefined;
  }
}

/** What a connection is remembered by, so that its address is looked at once and not for each request. */
const DIRECT = Symbol('direct');

interface Direct {
  readonly address: string;
  readonly trusted: boolean;
}

/** Only short headers are remembered, and only so many: a longer one is read each time. */
const MAX_REMEMBERED_LENGTH = 100;
const MAX_REMEMBERED = 4096;

/**
 * Finds the address that a request counts for. A client commands a whole /64 of IPv6 addresses, so these count as one: `2001:db8:0:0::/64`.
 *
 * Without `trust` that is whoever is connected to us. With it, `X-Forwarded-For` is followed from its end as long as each machine is trusted; the first that is not is the client. The header
 * `Forwarded` (RFC 7239) is not read: a proxy that writes one of the two passes the other through as the client made it up.
 */
export class ClientAddresses {
  /** `X-Forwarded-For` from a trusted proxy → the client: reading addresses takes some microseconds. */
  private readonly remembered = new Map<string, string>();

  constructor(private readonly trust: TrustProxy | undefined) {}

  of(source: AddressSource): string {
    const direct = this.directOf(source.socket);
    if (!direct.trusted || (source.uncounted === true && this.trust?.byCount === true)) return direct.address;
    const forwardedFor = source.headers['x-forwarded-for'];
    if (typeof forwardedFor !== 'string') return direct.address;
    return this.remembered.get(forwardedFor) ?? this.forwarded(source, forwardedFor, direct.address);
  }

  private directOf(socket: AddressSource['socket']): Direct {
    const carrier = socket as AddressSource['socket'] & { [DIRECT]?: Direct };
    const known = carrier[DIRECT];
    if (known !== undefined) return known;
    const text = socket.remoteAddress ?? '';
    return (carrier[DIRECT] = { address: addressOf(text) ?? 'unknown', trusted: this.trust?.(text, 0) ?? false });
  }

  private forwarded(source: AddressSource, forwardedFor: string, direct: string): string {
    const { trust } = this;
    const named = trust && addressOf(proxyAddr(source, trust));
    // A proxy that does not know its client counts itself. Whose requests these are says the connection, so it is not remembered.
    if (named === undefined) return direct;
    if (forwardedFor.length <= MAX_REMEMBERED_LENGTH) {
      if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
      // Of a plain request a header is a piece of the whole header section.
      this.remembered.set(copied(forwardedFor), named);
    }
    return named;
  }
}

/** With a port too, as some proxies write it. */
const IPV4_WITH_PORT = /^(\d+\.\d+\.\d+\.\d+):\d+$/;
const IPV6_IN_BRACKETS = /^\[([^\]]+)\](?::\d+)?$/;
const MAPPED_IPV4 = /^(?:0{0,4}:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/i;

function addressOf(text: string): string | undefined {
  const bare = IPV4_WITH_PORT.exec(text)?.[1] ?? IPV6_IN_BRACKETS.exec(text)?.[1] ?? text;
  const address = MAPPED_IPV4.exec(bare)?.[1] ?? bare;
  if (isIPv4(address)) return copied(address);
  return isIP(address) === 6 ? subnetOf(address) : undefined;
}

/** Cut out of a header it would keep the whole header in memory. */
function copied(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** The /64 of an IPv6 address: its first four groups. */
function subnetOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const first = groupsOf(head);
  const last = tail === undefined ? [] : groupsOf(tail);
  const groups = [...first, ...Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last];
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** Dotted ends stand for two groups; both lie behind the first four. */
function groupsOf(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => (group.includes('.') ? [0, 0] : [parseInt(group, 16)]));
}
