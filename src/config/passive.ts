/** Interfaces that OSPF announces without speaking on them: `passive-interface X` and `ip ospf passive`. */
import { nearest } from '../net/suggest.ts';
import { meant } from './argument.ts';
import { type Change, Refusal } from './command.ts';
import { atMost } from './limits.ts';
import type { RouterConfig } from './model.ts';
import { roster } from './named.ts';

const byName = roster((name: string) => name);

const NO_OSPF = new Refusal('there is no "router ospf" that this could belong to', { later: true });

export function setPassive(config: RouterConfig, interfaceName: string): Change {
  const { ospf } = config;
  if (ospf === undefined) return NO_OSPF;
  const activeInterfaces = ospf.activeInterfaces.filter((each) => each !== interfaceName);
  const isPassive = byName.find(ospf.passiveInterfaces, interfaceName) !== undefined;
  if (isPassive) return { ...config, ospf: { ...ospf, activeInterfaces } };
  const full = atMost(ospf.passiveInterfaces, 'passive interfaces');
  if (full !== undefined) return full;
  const passiveInterfaces = byName.put(ospf.passiveInterfaces, interfaceName);
  return { ...config, ospf: { ...ospf, activeInterfaces, passiveInterfaces } };
}

/** Where interfaces are passive by default, makes this one an exception. */
export function unsetPassive(config: RouterConfig, interfaceName: string): Change {
  const { ospf } = config;
  if (ospf === undefined) return NO_OSPF;
  const passiveInterfaces = ospf.passiveInterfaces.filter((each) => each !== interfaceName);
  if (ospf.passiveDefault) {
    if (byName.find(ospf.activeInterfaces, interfaceName) !== undefined) return config;
    const full = atMost(ospf.activeInterfaces, 'interfaces that are not passive');
    if (full !== undefined) return full;
    const activeInterfaces = byName.put(ospf.activeInterfaces, interfaceName);
    return { ...config, ospf: { ...ospf, passiveInterfaces, activeInterfaces } };
  }
  if (passiveInterfaces.length === ospf.passiveInterfaces.length) {
    return new Refusal(`interface "${interfaceName}" is not passive`, {
      suggestion: isKnown(config, interfaceName)
        ? undefined
        : meant(nearest(interfaceName, passiveInterfaces)),
    });
  }
  return { ...config, ospf: { ...ospf, passiveInterfaces } };
}

/** A name that is right needs no other in its place. */
function isKnown({ interfaces }: RouterConfig, interfaceName: string): boolean {
  return interfaces.some(({ name }) => name === interfaceName);
}
