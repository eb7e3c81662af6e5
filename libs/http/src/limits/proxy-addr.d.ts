/** The package brings no types; this is what of it is used. */
declare module 'proxy-addr' {
  interface ProxyAddr {
    /** The address of the first machine that is not trusted, from the connection on along `X-Forwarded-For`; the last one of the header when all are. */
    (
      req: {
        readonly headers: Readonly<Record<string, string | string[] | undefined>>;
        readonly socket: { readonly remoteAddress?: string | undefined };
      },
      trust: (address: string, hop: number) => boolean,
    ): string;
    /** @throws TypeError for what is neither an address, a subnet nor the name of one */
    compile(addressesAndSubnets: readonly string[]): (address: string, hop: number) => boolean;
  }
  const proxyAddr: ProxyAddr;
  export default proxyAddr;
}
