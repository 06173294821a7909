/**
 * A service policy at a port, as one slot's configuration says it. On the way in and on the way out a packet is
 * classified, given its class's DSCP, and policed; what waits on the way out is the affair of the port's queues.
 *
 *     classify.ts       which class a packet is of           token-bucket.ts   rates: policers, shapers
 *     queueing.ts       what a policy says of queues         random-detect.ts  early drops and marks
 *     ../bandwidth/class-queue.ts   the queues of the classes
 *
 * What must stay true: lengths are those of whole IPv4 packets, also where packet cancellation has cut off the
 * payload; each plane has policers of its own, so that while planes are swapped, and packets of both go by one
 * slot, neither spends the other's tokens.
 */
import type { PoliceAction, PoliceConfig, PolicyClassConfig } from '../../config/model.ts';
import { ipv4Dscp, ipv4TotalLength, setIpv4Dscp } from '../../net/ipv4.ts';
import { type Plane, SHADOW_DSCP } from '../../net/wire.ts';
import type { TimeNs } from '../../world/clock.ts';
import type { QueueClass } from '../bandwidth/bandwidth.ts';
import type { ServicePolicy } from '../forwarding/contract.ts';
import { type Classifier, compileClasses } from './classify.ts';
import { TokenBucket } from './token-bucket.ts';

/** Instead of a class. */
export const DROP = -2;

/** What a policy has to do with of a packet. */
export interface PolicedPacket {
  readonly frame: { readonly bytes: Uint8Array };
  readonly ipAt: number;
  readonly plane: Plane;
  /** Is set to the class that dropped it. */
  policy: string | undefined;
}

export class Policy {
  readonly #classify: Classifier;
  readonly #classes: readonly PolicyClass[];

  constructor(policy: ServicePolicy, nowNs: TimeNs) {
    this.#classify = compileClasses(policy.classes);
    this.#classes = policy.classes.map(({ config }) => new PolicyClass(policy.name, config, nowNs));
  }

  /** The packet's class; the packet is marked as the class says. DROP where its policer does not let it pass. */
  pass(packet: PolicedPacket, nowNs: TimeNs): QueueClass | typeof DROP {
    const index = this.#classify(packet.frame.bytes, packet.ipAt);
    const found = this.#classes[index];
    if (found.pass(packet, nowNs)) return index;
    packet.policy = found.text;
    return DROP;
  }

  /** `policy-map NAME class NAME`; undefined for what is of no class. */
  textOf(queueClass: QueueClass): string | undefined {
    return this.#classes[queueClass]?.text;
  }
}

class PolicyClass {
  readonly text: string;
  readonly #dscp: number | undefined;
  readonly #policer: PoliceConfig | undefined;
  readonly #buckets: Readonly<Record<Plane, TokenBucket>> | undefined;

  constructor(policy: string, config: PolicyClassConfig, nowNs: TimeNs) {
    this.text = `policy-map ${policy} class ${config.name}`;
    this.#dscp = config.setDscp;
    this.#policer = config.police;
    this.#buckets = config.police && {
      real: policerBucket(config.police, nowNs),
      shadow: policerBucket(config.police, nowNs),
    };
  }

  /** The policer comes last: its DSCP is the one that stays, as in IOS. */
  pass({ frame: { bytes }, ipAt, plane }: PolicedPacket, nowNs: TimeNs): boolean {
    if (this.#dscp !== undefined) mark(bytes, ipAt, this.#dscp);
    if (this.#policer === undefined || this.#buckets === undefined) return true;
    const conforms = this.#buckets[plane].take(ipv4TotalLength(bytes, ipAt), nowNs);
    return carryOut(conforms ? this.#policer.conform : this.#policer.exceed, bytes, ipAt);
  }
}

const DEFAULT_BURST_S = 0.25;
const LEAST_BURST_BYTES = 1500;

function policerBucket({ rateBps, burstBytes }: PoliceConfig, nowNs: TimeNs): TokenBucket {
  const burst = burstBytes ?? Math.max(LEAST_BURST_BYTES, (rateBps * DEFAULT_BURST_S) / 8);
  return new TokenBucket(rateBps, burst, nowNs);
}

function carryOut(action: PoliceAction, bytes: Uint8Array, ipAt: number): boolean {
  switch (action.kind) {
    case 'transmit':
      return true;
    case 'drop':
      return false;
    case 'set-dscp-transmit':
      mark(bytes, ipAt, action.dscp);
      return true;
  }
}

/** Never to the DSCP that names the shadow plane to hosts: the packet would change its plane. */
function mark(bytes: Uint8Array, ipAt: number, dscp: number): void {
  if (dscp !== SHADOW_DSCP && ipv4Dscp(bytes, ipAt) !== dscp) setIpv4Dscp(bytes, ipAt, dscp);
}
