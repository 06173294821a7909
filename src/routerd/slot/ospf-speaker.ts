/** OSPF in a slot. */
import { EMPTY_CONFIG } from '../../config/model.ts';
import { formatIpv4, type Ipv4, type Prefix } from '../../net/address.ts';
import { PROTOCOL_OSPF } from '../../net/ipv4.ts';
import type { NeighbourEntry, NextHop } from '../../world/observation.ts';
import type { MakeOspf, OspfInstance, OspfNeighbourView, OspfRoute } from '../protocols/ospf/contract.ts';
import { DISTANCE, type Offer, type Rib } from '../rib/rib.ts';
import { LinkStateHops } from './link-state-hops.ts';
import { OspfExternals } from './ospf-externals.ts';
import { ospfSettings } from './ospf-settings.ts';
import {
  DEFAULT_VRF,
  type LocalPacket,
  type SlotView,
  type Speaker,
  type SpeakerSurroundings,
} from './speaker.ts';

/** DSCP CS6 (internetwork control), as RFC 2328 A.1 asks of OSPF packets. */
const TOS_CONTROL = 0xc0;
const BLACKHOLE: readonly NextHop[] = [{ kind: 'blackhole' }];

export class OspfSpeaker implements Speaker {
  readonly source = 'ospf';
  readonly #surroundings: SpeakerSurroundings;
  readonly #rib: Rib;
  readonly #ospf: OspfInstance;
  readonly #externals: OspfExternals;
  #config = EMPTY_CONFIG;
  /** What the RIB has for each of OSPF's lists of next hops: many routes share one. */
  readonly #hops = new LinkStateHops();
  /** What `settled` was when neighbours last changed. */
  #settled = { at: -1, is: true };

  constructor(surroundings: SpeakerSurroundings, makeOspf: MakeOspf) {
    this.#surroundings = surroundings;
    this.#rib = surroundings.table(DEFAULT_VRF);
    this.#ospf = makeOspf(surroundings.world, {
      send: (port, destination, bytes) => this.#send(port, destination, bytes),
      routes: (change) => this.#routes(change),
    });
    const { world, slot } = surroundings;
    const own = { ...world, random: world.random.fork(`ospf ${slot}`) };
    this.#externals = new OspfExternals(own, this.#rib, (added, removed) =>
      this.#ospf.handle({ type: 'externals', added, removed }),
    );
  }

  get settled(): boolean {
    const at = this.neighboursVersion;
    if (this.#settled.at !== at) this.#settled = { at, is: this.#ospf.neighbours().every(isSettled) };
    return this.#settled.is && this.#externals.isSettled;
  }

  get neighboursVersion(): number {
    return this.#ospf.neighboursVersion;
  }

  get spfRuns(): number {
    return this.#ospf.counters.spfRuns;
  }

  configure(view: SlotView): void {
    const former = JSON.stringify(this.#config.ospf?.distance);
    this.#config = view.config;
    this.#ospf.handle({ type: 'configure', settings: ospfSettings(view) });
    if (JSON.stringify(view.config.ospf?.distance) !== former) this.#offer(this.#ospf.routes());
    this.#externals.configure(view);
  }

  receive({ protocol, port, source, destination, payload }: LocalPacket): void {
    if (protocol !== PROTOCOL_OSPF || this.#config.ospf === undefined) return;
    this.#ospf.handle({ type: 'packet', interface: port, source, destination, bytes: payload });
  }

  neighbours(): readonly NeighbourEntry[] {
    return this.#ospf.neighbours().map((neighbour) => ({
      port: neighbour.interface,
      routerId: formatIpv4(neighbour.routerId),
      address: formatIpv4(neighbour.address),
      state: neighbour.state,
      role: neighbour.role,
    }));
  }

  stop(): void {
    this.#externals.stop();
    this.#ospf.stop();
  }

  #routes(change: { readonly added: readonly OspfRoute[]; readonly removed: readonly Prefix[] }): void {
    for (const prefix of change.removed) this.#rib.withdraw('ospf', prefix);
    this.#offer(change.added);
  }

  #offer(routes: Iterable<OspfRoute>): void {
    for (const { prefix, kind, cost, tag, nextHops } of routes) {
      const offer: Offer = {
        source: this.source,
        distance: this.#distanceOf(kind),
        metric: cost,
        nextHops: kind === 'discard' ? BLACKHOLE : this.#hops.of(nextHops),
      };
      this.#rib.offer(prefix, tag === 0 ? offer : { ...offer, tag });
    }
  }

  #distanceOf(kind: OspfRoute['kind']): number {
    const { all = DISTANCE.ospf, intraArea, interArea, external } = this.#config.ospf?.distance ?? {};
    switch (kind) {
      case 'intra-area':
        return intraArea ?? all;
      case 'inter-area':
        return interArea ?? all;
      case 'external-1':
      case 'external-2':
        return external ?? all;
      case 'discard':
        return all;
    }
  }

  #send(port: string, destination: Ipv4, payload: Uint8Array): void {
    const source = this.#config.interfaces.find(({ name }) => name === port)?.addresses[0]?.address;
    if (source === undefined) return;
    const { forwarding, slot } = this.#surroundings;
    forwarding.originate(slot, port, {
      source,
      destination,
      protocol: PROTOCOL_OSPF,
      ttl: 1,
      tos: TOS_CONTROL,
      payload,
    });
  }
}

/** A neighbour that does not hear us stays in Init for good. */
function isSettled({ state }: OspfNeighbourView): boolean {
  return state === 'Full' || state === '2-Way' || state === 'Init' || state === 'Down';
}
