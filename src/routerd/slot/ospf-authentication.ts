/** What a configuration says of how OSPF packets of an interface are signed. Pure. */
import type { InterfaceOspfConfig, RouterConfig } from '../../config/model.ts';
import type { Ipv4 } from '../../net/address.ts';
import type { Authentication, AuthenticationKey } from '../protocols/ospf/authentication.ts';

/** The interface's own word counts, else its area's. What should be signed and has no key is never sent. */
export function authenticationOf(config: RouterConfig, own: InterfaceOspfConfig, area: Ipv4): Authentication {
  const ofArea = config.ospf?.areas.find((each) => each.area === area)?.authentication;
  const wanted = own.authentication ?? ofArea ?? { kind: 'null' };
  switch (wanted.kind) {
    case 'null':
      return { kind: 'none' };
    case 'simple':
      return { kind: 'simple', password: own.authenticationKey ?? '' };
    case 'message-digest': {
      // The one entered last signs, as in FRR.
      const keys = (own.messageDigestKeys ?? []).toReversed();
      return {
        kind: 'cryptographic',
        keys: keys.map(({ id, key }) => ({ id, algorithm: 'md5', secret: key })),
      };
    }
    case 'key-chain':
      return { kind: 'cryptographic', keys: keysOf(config, wanted.keyChain) };
  }
}

/** The key of the smallest number signs; that it fits a packet has been checked. */
function keysOf({ keyChains }: RouterConfig, name: string): readonly AuthenticationKey[] {
  const keys = keyChains.find((chain) => chain.name === name)?.keys ?? [];
  return keys
    .toSorted((a, b) => a.id - b.id)
    .map(({ id, algorithm = 'md5', keyString }) => ({ id, algorithm, secret: keyString }));
}
