/** IS-IS in a slot. */
import { formatIpv4, type Prefix } from '../../net/address.ts';
import type { NeighbourEntry } from '../../world/observation.ts';
import { OSI_PDU } from '../forwarding/contract.ts';
import type { IsisInstance, IsisRoute, MakeIsis } from '../protocols/isis/contract.ts';
import { DISTANCE, type Rib } from '../rib/rib.ts';
import { IsisExternals } from './isis-externals.ts';
import { isisSettings } from './isis-settings.ts';
import { LinkStateHops } from './link-state-hops.ts';
import {
  DEFAULT_VRF,
  type LocalPacket,
  type SlotView,
  type Speaker,
  type SpeakerSurroundings,
} from './speaker.ts';

export class IsisSpeaker implements Speaker {
  readonly source = 'isis';
  readonly #rib: Rib;
  readonly #isis: IsisInstance;
  readonly #externals: IsisExternals;
  #isRunning = false;
  /** What the RIB has for each of IS-IS's lists of next hops: many routes share one. */
  readonly #hops = new LinkStateHops();

  constructor({ world, slot, forwarding, table }: SpeakerSurroundings, makeIsis: MakeIsis) {
    this.#rib = table(DEFAULT_VRF);
    const own = { ...world, random: world.random.fork(`isis ${slot}`) };
    this.#isis = makeIsis(own, {
      send: (circuit, destination, pdu) => forwarding.originateOsi(slot, circuit, destination, pdu),
      routes: (change) => this.#routes(change),
    });
    this.#externals = new IsisExternals(own, this.#rib, (externals) =>
      this.#isis.handle({ type: 'externals', externals }),
    );
  }

  get settled(): boolean {
    return this.#externals.isSettled && this.#isis.settled;
  }

  get spfRuns(): number {
    return this.#isis.counters.spfRuns;
  }

  configure(view: SlotView): void {
    const isRunning = view.config.isis !== undefined;
    if (!isRunning && !this.#isRunning) return;
    this.#isRunning = isRunning;
    this.#isis.handle({ type: 'configure', settings: isisSettings(view) });
    this.#externals.configure(view);
  }

  receive({ protocol, port, source, payload }: LocalPacket): void {
    if (protocol !== OSI_PDU || !this.#isRunning) return;
    this.#isis.handle({ type: 'pdu', circuit: port, source, bytes: payload });
  }

  neighbours(): readonly NeighbourEntry[] {
    return this.#isis.neighbours().map(({ circuit, level, systemId, address, state, dis }) => ({
      port: circuit,
      routerId: systemId.replace(/(.{4})(.{4})/, '$1.$2.'),
      address: formatIpv4(address),
      state,
      role: dis ? 'DIS' : '-',
      protocol: 'isis',
      level,
    }));
  }

  stop(): void {
    this.#externals.stop();
    this.#isis.stop();
  }

  #routes(change: { readonly added: readonly IsisRoute[]; readonly removed: readonly Prefix[] }): void {
    for (const prefix of change.removed) this.#rib.withdraw('isis', prefix);
    for (const { prefix, metric, nextHops } of change.added) {
      this.#rib.offer(prefix, {
        source: this.source,
        distance: DISTANCE.isis,
        metric,
        nextHops: this.#hops.of(nextHops),
      });
    }
  }
}
