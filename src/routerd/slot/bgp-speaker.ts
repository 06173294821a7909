/** BGP in a slot: a process for each VRF that has one, over TCP in the slot's plane. */
import type { BgpConfig } from '../../config/bgp-model.ts';
import { formatIpv4, formatPrefix, type Prefix, parseIpv4 } from '../../net/address.ts';
import type { NeighbourEntry } from '../../world/observation.ts';
import type { AttributePool } from '../protocols/bgp/attribute-pool.ts';
import { BgpInstance } from '../protocols/bgp/instance.ts';
import { ownAttributes, ownSource, type PathSource } from '../protocols/bgp/path.ts';
import { sessionsOver } from '../protocols/bgp/session.ts';
import type { BgpSettings } from '../protocols/bgp/settings.ts';
import type { Offer, Rib } from '../rib/rib.ts';
import { BgpNetworks } from './bgp-networks.ts';
import { bgpSettings } from './bgp-settings.ts';
import { type BgpAnswer, type BgpQuestion, showBgp } from './bgp-show.ts';
import { Redistribution, type RedistributionChange } from './redistribution.ts';
import {
  DEFAULT_VRF,
  type LocalPacket,
  type SlotView,
  type Speaker,
  type SpeakerSurroundings,
} from './speaker.ts';
import { type RouterTcp, SlotTcp } from './tcp.ts';
import { VpnJoin } from './vpn-join.ts';

/** What a router's slots share. */
export interface BgpShared {
  readonly tcp: RouterTcp;
  readonly pool: AttributePool;
}

export class BgpSpeaker implements Speaker {
  readonly source = 'bgp';
  readonly spfRuns = 0;
  readonly #surroundings: SpeakerSurroundings;
  readonly #shared: BgpShared;
  /** One that a configuration had keeps its TCP: the neighbours are to hear of its end. */
  readonly #processes = new Map<string, BgpProcess>();
  readonly #vpn: VpnJoin;

  constructor(surroundings: SpeakerSurroundings, shared: BgpShared) {
    this.#surroundings = surroundings;
    this.#shared = shared;
    this.#vpn = new VpnJoin(surroundings, shared.pool);
  }

  get settled(): boolean {
    return [...this.#processes.values()].every(({ bgp }) => bgp === undefined || bgp.settled);
  }

  /** The process of a VRF, while it is configured. */
  process(vrf = DEFAULT_VRF): BgpInstance | undefined {
    return this.#processes.get(vrf)?.bgp;
  }

  configure(view: SlotView): void {
    const wanted = new Map(view.config.bgp.map((config) => [config.vrf ?? DEFAULT_VRF, config]));
    for (const vrf of wanted.keys()) {
      if (!this.#processes.has(vrf)) {
        this.#processes.set(vrf, new BgpProcess(this.#surroundings, vrf, this.#shared));
      }
    }
    for (const [vrf, process] of this.#processes) process.configure(view, wanted.get(vrf));
    const running = [...this.#processes].flatMap(([vrf, { bgp }]) =>
      bgp === undefined ? [] : [[vrf, bgp] as const],
    );
    this.#vpn.configure(view.config, new Map(running));
  }

  receive(packet: LocalPacket): void {
    for (const process of this.#processes.values()) process.receive(packet);
  }

  neighbours(): readonly NeighbourEntry[] {
    return [...this.#processes.values()].flatMap((process) => process.neighbours());
  }

  bgp(question: BgpQuestion): BgpAnswer {
    const { vrf, family = 'ipv4', address } = question;
    const process = this.process(vrf);
    if (process === undefined) return { entries: [], more: false };
    const answer = showBgp(process.table(family), question);
    const asked = address === undefined ? undefined : parseIpv4(address);
    if (asked === undefined) return answer;
    const refused = process.refused(asked).map(({ neighbour, prefix, by }) => ({
      neighbour: formatIpv4(neighbour),
      prefix: formatPrefix(prefix),
      by,
    }));
    return { ...answer, refused };
  }

  stop(): void {
    for (const process of this.#processes.values()) process.stop();
    this.#vpn.stop();
  }
}

class BgpProcess {
  readonly #surroundings: SpeakerSurroundings;
  readonly #vrf: string;
  readonly #pool: AttributePool;
  readonly #rib: Rib;
  readonly #tcp: SlotTcp;
  #networks: BgpNetworks | undefined;
  #redistribution: Redistribution | undefined;
  readonly #redistributed: PathSource = ownSource(0);
  bgp: BgpInstance | undefined;

  constructor(surroundings: SpeakerSurroundings, vrf: string, { tcp, pool }: BgpShared) {
    this.#surroundings = surroundings;
    this.#vrf = vrf;
    this.#pool = pool;
    this.#rib = surroundings.table(vrf);
    this.#tcp = new SlotTcp(surroundings, vrf, tcp);
    this.#tcp.onStranger = (remote) => this.bgp?.welcome(remote);
    this.#rib.watchOffers((prefix, source) => {
      if (this.bgp === undefined || source === 'bgp') return;
      this.bgp.tableChanged();
      this.#networks?.changed(this.bgp, prefix);
    });
  }

  configure(view: SlotView, config: BgpConfig | undefined): void {
    this.#tcp.configure(view);
    if (config === undefined) {
      this.#end();
      return;
    }
    const settings = bgpSettings(view, config);
    if (this.bgp === undefined) this.bgp = this.#begin(settings);
    else this.bgp.configure(settings);
    this.#networks ??= new BgpNetworks(this.#rib, this.#pool);
    const isChecked = config.networkImportCheck ?? true;
    this.#networks.configure(this.bgp, config.ipv4.networks, isChecked, settings.policy);
    this.#redistribution ??= this.#makeRedistribution();
    this.#redistribution.configure(view, config.ipv4.redistribute, settings.policy);
  }

  receive(packet: LocalPacket): void {
    this.#tcp.receive(packet);
  }

  neighbours(): readonly NeighbourEntry[] {
    return (this.bgp?.neighbours() ?? []).map(({ settings, state, agreement, reason, received, sent }) => ({
      ...(this.#vrf !== DEFAULT_VRF && { vrf: this.#vrf }),
      port: '',
      routerId: formatIpv4(agreement?.remoteId ?? 0),
      address: formatIpv4(settings.address),
      state,
      role: '-',
      protocol: 'bgp',
      ...(reason !== undefined && { reason }),
      prefixes: { received, sent },
    }));
  }

  stop(): void {
    this.#stopProcess();
    this.#tcp.stop();
  }

  #makeRedistribution(): Redistribution {
    const { world, slot } = this.#surroundings;
    const { clock, random } = world;
    return new Redistribution({
      clock,
      random: random.fork(`bgp redistribution ${slot} ${this.#vrf}`),
      rib: this.#rib,
      vrf: this.#vrf,
      own: 'bgp',
      tell: (change) => this.#redistribute(change),
      begin: (route) => {
        const attributes = { ...ownAttributes(2), nextHop: route.nextHop ?? 0 };
        return { ...route, attributes: this.#pool.intern(attributes) };
      },
    });
  }

  #stopProcess(): void {
    this.#redistribution?.stop();
    this.#redistribution = undefined;
    this.#networks = undefined;
    this.bgp?.stop();
    this.bgp = undefined;
  }

  #begin(settings: BgpSettings): BgpInstance {
    const { world } = this.#surroundings;
    const named = { ...world, random: world.random.fork(`bgp process ${this.#vrf}`) };
    return new BgpInstance(
      {
        world: named,
        pool: this.#pool,
        makeSession: sessionsOver(named, this.#tcp, this.#pool),
        lookup: (address, mustBeConnected) =>
          mustBeConnected ? this.#rib.lookupOf('connected', address) : this.#rib.lookup(address, 'bgp'),
        install: (prefix, offer) => this.#install(prefix, offer),
      },
      settings,
    );
  }

  #end(): void {
    if (this.bgp === undefined) return;
    this.#stopProcess();
    for (const prefix of this.#rib.prefixesOf('bgp')) this.#rib.withdraw('bgp', prefix);
  }

  #install(prefix: Prefix, offer: Offer | undefined): void {
    if (offer === undefined) this.#rib.withdraw('bgp', prefix);
    else this.#rib.offer(prefix, offer);
  }

  #redistribute({ added, removed }: RedistributionChange): void {
    const { bgp } = this;
    if (bgp === undefined) return;
    for (const prefix of removed) bgp.withdraw('ipv4', this.#redistributed, { prefix });
    for (const { prefix, metric, route } of added) {
      const { attributes, weight, setNextHop } = route;
      const nextHop = typeof setNextHop === 'number' ? setNextHop : (attributes?.nextHop ?? 0);
      const med = metric ?? route.metric ?? 0;
      bgp.originate(
        'ipv4',
        this.#redistributed,
        { prefix },
        {
          attributes: this.#pool.intern({ ...ownAttributes(2), ...attributes, nextHop, med }),
          ...(weight !== undefined && { weight }),
        },
      );
    }
  }
}
