/** Made from schemas/ by scripts/generate.ts: change those, not this. */

/**
 * Shown in reports. Default: the name of the file.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "topologyName".
 */
export type TopologyName = string;
/**
 * Behind a router on a link of its own; or, where `router` is left out, on the link that names it among its endpoints.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "host".
 */
export type NativeHost = {
  router?: string;
  address?: InterfaceAddress;
  position?: Position;
  rate?: Rate;
  delay?: Duration;
  jitter?: Duration;
  loss?: Share;
  queue?: Size;
  mtu?: Mtu;
  vrf?: Vrf;
  bgp?: ExternalPeer;
} | null;
/**
 * Address with the length of its subnet.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "interfaceAddress".
 */
export type InterfaceAddress = string;
/**
 * Where to draw it: degrees of longitude and latitude, or x and y of any plane.
 *
 * @minItems 2
 * @maxItems 2
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "position".
 */
export type Position = [number, number];
/**
 * bps, kbps, Mbps, Gbps
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "rate".
 */
export type Rate = string;
/**
 * ns, us, ms, s, min, h
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "duration".
 */
export type Duration = string;
/**
 * Percent.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "share".
 */
export type Share = string;
/**
 * B, kB, MB
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "size".
 */
export type Size = string;
/**
 * Largest IPv4 packet, bytes.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "mtu".
 */
export type Mtu = number;
/**
 * The VRF that the router's end of the link is in. Links of different VRFs may have the same addresses.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "vrf".
 */
export type Vrf = string;
/**
 * AS number.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "as".
 */
export type As = number;
/**
 * MRT (RFC 6396), as it is or packed by gzip or bzip2; relative to the file that names it.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "mrtFile".
 */
export type MrtFile = string;
/**
 * Whose routes of all in the file: the AS, or the address, of one that fed the collector. Left out: the one in the AS that the peer is.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "feed".
 */
export type Feed = number | string;
/**
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "prefix".
 */
export type Prefix = string;
/**
 * `NODE`, `NODE:interface`, or what is special about this end.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "endpoint".
 */
export type Endpoint =
  | string
  | {
      node: string;
      interface?: string;
      metric?: Metric;
      address?: InterfaceAddress;
      vrf?: Vrf;
    };
/**
 * OSPF cost, or metric of IS-IS.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "metric".
 */
export type Metric = number;
/**
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "router".
 */
export type NativeRouter = {
  /**
   * Address of the loopback interface, and the router ID. Default: the next free one of addressing.loopbacks.
   */
  loopback?: string;
  position?: Position;
} | null;
/**
 * @maxItems 50000
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "links".
 */
export type Links = NativeLink[];
/**
 * Configuration in FRR's syntax, as after `configure terminal`.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "configText".
 */
export type ConfigText = string;
/**
 * A link by the names of its ends, or (where there are several between the two) by its own name.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "linkName".
 */
export type LinkName = [Name, Name] | string;
/**
 * A name as the user gave it.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "name".
 */
export type Name = string;
/**
 * One flow (at a rate, replayed from a capture, a video stream, or TCP), or a matrix of flows.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "traffic".
 */
export type Traffic = Flow | ReplayFlow | StreamFlow | TcpFlow | MatrixTraffic;
/**
 * The router where the packets enter copies each of them into the shadow plane too. For traffic of the real plane.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "mirror".
 */
export type Mirror = 'shadow';
/**
 * Waits until routing has converged in both planes: no adjacency is on its way up and no route has changed for as long as a silent neighbour may take to be noticed: the longest dead interval (OSPF) or holding time (IS-IS) of a link between routers, 6 s or more. So short timers make short labs: FRR's own are 40 s and 30 s. What never comes up is not waited for: a neighbour that is heard and does not hear (state Init), one with another IS-IS password, a BGP session that is refused.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "converge".
 */
export type Converge = {
  /**
   * Later than this is an error.
   */
  within?: string;
} | null;
/**
 * A router and its interface.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "port".
 */
export type Port = string;
/**
 * Takes failures back: of a link, a port or a router; left empty, or `all`, whatever is failed.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "restore".
 */
export type Restore =
  | 'all'
  | ({
      link?: LinkName;
      port?: Port;
      /**
       * The router.
       */
      router?: string;
      /**
       * Where it is restored. Left out: `shadow` for a link, port or router, `both` for all.
       */
      plane?: 'real' | 'shadow' | 'both';
    } | null);
/**
 * What must hold at the end of the step: a short sentence, or a mapping with one or more claims and what they are about.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "expectation".
 */
export type Expectation = Sentence | Claims;
/**
 * `recovered within TIME`, `reachable [within TIME]`, `unreachable [within TIME]`, `path unchanged`, `committed`, `aborted`, or `fib equal to PLANE [of "STEP"]`.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "sentence".
 */
export type Sentence = string;
/**
 * A comparison with a time.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "timeLimit".
 */
export type TimeLimit = string;
/**
 * What stands under `topology` in an experiment: a file, a file and what is added to it, or the topology itself.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "source".
 */
export type Source = string | TopologyOverlay | NativeTopology;
/**
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "containerlabNode".
 */
export type ContainerlabNode = {
  kind?: string;
  group?: string;
  image?: string;
  binds?: string[];
  labels?: {
    [k: string]: string | number | boolean;
  };
} | null;
/**
 * The real plane carries what users send; the shadow plane tries the other configuration on the same links.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "plane".
 */
export type Plane = 'real' | 'shadow';
/**
 * One plane, or both.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "planes".
 */
export type Planes = 'real' | 'shadow' | 'both';
/**
 * `fair`: half for each plane, and what the other leaves. `priority`: the real plane first, the shadow in what is left. `partition`: each plane its share. `cancellation`: each plane the whole link, as far as it can tell; the payload of shadow packets is cut off, and their headers ride behind real packets.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "bandwidthMode".
 */
export type BandwidthMode = 'fair' | 'priority' | 'partition' | 'cancellation';
/**
 * With `partition`: the real plane's share of the link; the rest is the shadow's.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "realShare".
 */
export type RealShare = string;
/**
 * With `partition`: a plane gets no more than its share even where the other leaves the link idle.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "strictShares".
 */
export type StrictShares = boolean;
/**
 * With `cancellation`: what is kept of a shadow packet, 52B or more (IPv4, UDP and the header by which packets are measured).
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "keptHeader".
 */
export type KeptHeader = string;
/**
 * With `cancellation`: how much later than without any shadow traffic a real packet may leave a router, in times of a frame with one such header. The more, the better the shadow is served where the real plane is loaded.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "headerFrames".
 */
export type HeaderFrames = string;
/**
 * `constant`: evenly spaced. `poisson`: exponentially distributed gaps. `{ on, off }`: bursts of constant rate; on and off times are exponentially distributed with these means.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "arrival".
 */
export type Arrival =
  | ('constant' | 'poisson')
  | {
      /**
       * Mean length of a burst.
       */
      on: string;
      /**
       * Mean length of a pause.
       */
      off: string;
    };
/**
 * For which packets the routers note the path: `all`, `none`, or one in so many. During `commit`, `rollback` and `change` all packets are traced.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "trace".
 */
export type Trace = string;
/**
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "commitment".
 */
export type Commitment = {
  /**
   * Later than this it is aborted, and every router goes back to the configuration it had.
   */
  within?: string;
  /**
   * How long one router may take to confirm one phase.
   */
  phase?: string;
} | null;
/**
 * A regular expression.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "regex".
 */
export type Regex = string;
/**
 * A number of packets, or a comparison with one.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "count".
 */
export type Count = number | string;
/**
 * A comparison with a rate.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "rateLimit".
 */
export type RateLimit = string;

/**
 * An experiment: a network, the configuration change to try on it, traffic, and what is done and expected, step by step.
 */
export interface ExperimentFile {
  /**
   * What the experiment is called. The results folder bears this name too, so it has letters, digits, `.`, `_` and `-` only.
   */
  name: string;
  /**
   * For people: what is tried, and why. Shown on the first screen of the report.
   */
  description?: string;
  /**
   * Decides every random number of the run: arrival of packets, jitter, loss. The same seed gives the same `result.json`, byte for byte. `--seed` on the command line wins.
   */
  seed?: number;
  /**
   * A file (relative to this one) without which the experiment is skipped: a warning says so, nothing is started, and the exit code is 0. For experiments on data that not every machine has.
   */
  skipUnless?: string;
  /**
   * The network: a file (a topology of shadowlab's own, `*.clab.yml` of containerlab, or `*.gml` of the Topology Zoo; relative to this file), or the topology itself, inline.
   */
  topology: string | TopologyOverlay | NativeTopology;
  configs?: Configs;
  bandwidth?: Bandwidth;
  routers?: Routers;
  management?: Management;
  /**
   * What hosts send while the experiment runs. Traffic starts with the first action; where that is `converge`, when it has ended. It goes on to the end of the run.
   *
   * @maxItems 1000
   */
  traffic?: Traffic[];
  /**
   * What is done, in order. The run goes on after an expectation that does not hold, and ends at a step that the lab could not carry out.
   *
   * @minItems 1
   * @maxItems 1000
   */
  steps: [Step, ...Step[]];
  /**
   * Links whose frames are written into `captures/LINK.pcapng` of the run's folder, for Wireshark and its like: what arrived at each end, from the beginning of the run. A link that several entries name is captured as the first of them says. At most 100 links, 64 MiB each.
   *
   * @maxItems 100
   */
  captures?: Capture[];
}
/**
 * A topology from a file, and what this experiment adds to it.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "overlay".
 */
export interface TopologyOverlay {
  /**
   * *.yaml (this schema), *.clab.yml (containerlab) or *.gml (Topology Zoo), relative to the file that names it.
   */
  file: string;
  name?: TopologyName;
  hosts?: Hosts;
  /**
   * Links that the file has, found by their endpoints, and what is different about them here.
   *
   * @maxItems 50000
   */
  links?: NativeLink[];
  defaults?: LinkDefaults;
  addressing?: Addressing;
  ospf?: OspfDefaults;
  isis?: IsisDefaults;
  bgp?: BgpDefaults;
}
/**
 * The end systems, by name.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "hosts".
 */
export interface Hosts {
  [k: string]: NativeHost;
}
/**
 * The host is an external peer: it speaks BGP for another AS with the routers on its link, and takes packets to any address, as the Internet does.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "externalPeer".
 */
export interface ExternalPeer {
  as: As;
  table?: PeerTable;
  updates?: PeerUpdates;
}
/**
 * What it announces from the beginning: one feed of a table dump.
 */
export interface PeerTable {
  file: MrtFile;
  peer?: Feed;
  /**
   * The first so many prefixes of the file. Default: all.
   */
  limit?: number;
  /**
   * Only prefixes that lie in one of these.
   *
   * @minItems 1
   * @maxItems 1000
   */
  within?: [Prefix, ...Prefix[]];
}
/**
 * What it announces and withdraws while the experiment goes on: one feed of a file of messages.
 */
export interface PeerUpdates {
  file: MrtFile;
  peer?: Feed;
  /**
   * When the file's first message is due, after the traffic has started.
   */
  start?: string;
  /**
   * How many times as fast as they were recorded.
   */
  speed?: number;
}
/**
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "link".
 */
export interface NativeLink {
  /**
   * Default: the names of its nodes, sorted and joined by `-`. On a segment of more than two endpoints it names the interfaces, too.
   */
  name?: string;
  /**
   * Two make a point-to-point link, more make a broadcast segment.
   *
   * @minItems 2
   * @maxItems 1000
   */
  endpoints: [Endpoint, Endpoint, ...Endpoint[]];
  metric?: Metric;
  rate?: Rate;
  delay?: Duration;
  jitter?: Duration;
  loss?: Share;
  queue?: Size;
  mtu?: Mtu;
}
/**
 * For links that do not say otherwise.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "defaults".
 */
export interface LinkDefaults {
  metric?: Metric;
  /**
   * bps, kbps, Mbps, Gbps
   */
  rate?: string;
  /**
   * ns, us, ms, s, min, h
   */
  delay?: string;
  /**
   * ns, us, ms, s, min, h
   */
  jitter?: string;
  /**
   * Percent.
   */
  loss?: string;
  /**
   * B, kB, MB
   */
  queue?: string;
  /**
   * Largest IPv4 packet, bytes.
   */
  mtu?: number;
}
/**
 * Where addresses that are not given are taken from.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "addressing".
 */
export interface Addressing {
  /**
   * A /32 for each router.
   */
  loopbacks?: string;
  /**
   * A /31 for each link between two routers.
   */
  links?: string;
  /**
   * A /24 for each host behind a router and each broadcast segment.
   */
  hosts?: string;
}
/**
 * Timers of every interface that has OSPF neighbours, whole seconds.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "ospf".
 */
export interface OspfDefaults {
  /**
   * ns, us, ms, s, min, h
   */
  hello?: string;
  /**
   * Default: four times `hello`.
   */
  dead?: string;
}
/**
 * The routers run IS-IS in place of OSPF: all of them in area 49.0001, on every interface.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "isis".
 */
export interface IsisDefaults {
  /**
   * The level of all routers.
   */
  level?: 1 | 2;
  /**
   * Between two hellos, whole seconds.
   */
  hello?: string;
  /**
   * So many hellos may stay away until a neighbour counts as lost.
   */
  multiplier?: number;
}
/**
 * BGP on every router: sessions between loopbacks within the AS, and with every external peer on a link. Left out, no router speaks it unless its own configuration says so.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "bgp".
 */
export interface BgpDefaults {
  as: As;
  /**
   * Routers that reflect routes (RFC 4456): the others have sessions with these alone. Default: each router has one with each other.
   *
   * @minItems 1
   * @maxItems 100
   */
  reflectors?: [string, ...string[]];
}
/**
 * A topology in a file of its own, or written into an experiment.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "topology".
 */
export interface NativeTopology {
  name?: TopologyName;
  /**
   * The routers, by name.
   */
  nodes: {
    [k: string]: NativeRouter;
  };
  hosts?: Hosts;
  links?: Links;
  defaults?: LinkDefaults;
  addressing?: Addressing;
  ospf?: OspfDefaults;
  isis?: IsisDefaults;
  bgp?: BgpDefaults;
}
/**
 * Configurations of the routers, in FRR's syntax (`frr.conf`).
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "configs".
 */
export interface Configs {
  /**
   * What the routers run now: a folder with `ROUTER.conf` or `ROUTER/frr.conf` for each router (relative to this file), or the whole text per router. A router without one is given a configuration made from the topology: its addresses, OSPF on every link, the topology's metrics.
   */
  real?:
    | string
    | {
        [k: string]: ConfigText;
      };
  /**
   * The change to try: lines per router, entered on top of a copy of its real configuration as at its prompt (`no ...` removes); or a folder of whole configurations, as for `real`. A router without one keeps the copy.
   */
  shadow?:
    | string
    | {
        [k: string]: ConfigText;
      };
  /**
   * What a configuration line means that shadowlab does not know: `error` refuses the experiment, `warn` says so and leaves the line out.
   */
  unknownConfig?: 'error' | 'warn';
}
/**
 * How the two planes share the links between routers. A link with a host on it is always shared by `fair`: hosts know neither planes nor headers without their payload. The routers' own protocols go first in every mode.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "bandwidth".
 */
export interface Bandwidth {
  /**
   * `fair`: half for each plane, and what the other leaves. `priority`: the real plane first, the shadow in what is left. `partition`: each plane its share. `cancellation`: each plane the whole link, as far as it can tell; the payload of shadow packets is cut off, and their headers ride behind real packets.
   */
  mode?: 'fair' | 'priority' | 'partition' | 'cancellation';
  /**
   * With `partition`: the real plane's share of the link; the rest is the shadow's.
   */
  real?: string;
  /**
   * With `partition`: a plane gets no more than its share even where the other leaves the link idle.
   */
  strict?: boolean;
  /**
   * With `cancellation`: what is kept of a shadow packet, 52B or more (IPv4, UDP and the header by which packets are measured).
   */
  header?: string;
  /**
   * With `cancellation`: how much later than without any shadow traffic a real packet may leave a router, in times of a frame with one such header. The more, the better the shadow is served where the real plane is loaded.
   */
  realDelay?: string;
  /**
   * Links that are shared otherwise.
   *
   * @maxItems 1000
   */
  links?: LinkBandwidth[];
}
/**
 * How the planes share one link.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "linkBandwidth".
 */
export interface LinkBandwidth {
  link: LinkName;
  /**
   * As above; left out, the mode of the other links. What else is left out is as there, where the mode is the same.
   */
  mode?: 'fair' | 'priority' | 'partition' | 'cancellation';
  /**
   * As above.
   */
  real?: string;
  /**
   * As above.
   */
  strict?: boolean;
  /**
   * As above.
   */
  header?: string;
  /**
   * As above.
   */
  realDelay?: string;
}
/**
 * What the routers of the lab take their time over.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "routers".
 */
export interface Routers {
  /**
   * Time that a router takes to write one route into its FIB. Real routers need some 0.1 ms a prefix; with 0 the FIB follows the control plane at once, and a change made directly shows none of the loops that a slow FIB causes.
   */
  fibUpdate?: string;
}
/**
 * The network by which the coordinator of a commitment reaches the routers.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "management".
 */
export interface Management {
  /**
   * One way, between the coordinator and each router.
   */
  delay?: string;
  /**
   * Added to the delay at random, from 0 up to this.
   */
  jitter?: string;
  /**
   * Share of management messages that are lost.
   */
  loss?: string;
  /**
   * Routers that the coordinator of a commitment cannot reach, from which phase on: its messages are lost both ways, while what is measured of the router still arrives. To see what a failing management network does.
   *
   * @maxItems 10000
   */
  unreachable?: {
    /**
     * The router.
     */
    router: string;
    /**
     * The first phase whose messages do not reach it.
     */
    from: 'prepare' | 'mark' | 'swap' | 'settle' | 'unmark';
  }[];
}
/**
 * Packets from one host to another at a rate.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "flow".
 */
export interface Flow {
  /**
   * Expectations call the flow by this name.
   */
  name: string;
  /**
   * The host that sends.
   */
  from: string;
  /**
   * The host that receives; or, where hosts are external peers, an address outside. A prefix stands for its first address.
   */
  to: string;
  /**
   * Average rate, counted in IPv4 packets; while on, where `arrival` has on and off times.
   */
  rate: string;
  /**
   * Size of each IPv4 packet, at least 52 B (headers and shadowlab's own).
   */
  packet?: string;
  /**
   * Code point of its packets, by number (0-63) or name (`ef`, `af41`, `cs6`), for class maps and access lists. For traffic of the real plane: mirrored copies keep it, what is sent in the shadow plane carries the shadow's (47).
   */
  dscp?: string | number;
  /**
   * Whether routers may send its packets in fragments where a link's MTU is smaller. Otherwise they drop them, and tell the host (DF).
   */
  fragment?: boolean;
  /**
   * The plane its packets are sent in.
   */
  plane?: 'real' | 'shadow';
  mirror?: Mirror;
  /**
   * `constant`: evenly spaced. `poisson`: exponentially distributed gaps. `{ on, off }`: bursts of constant rate; on and off times are exponentially distributed with these means.
   */
  arrival?:
    | ('constant' | 'poisson')
    | {
        /**
         * Mean length of a burst.
         */
        on: string;
        /**
         * Mean length of a pause.
         */
        off: string;
      };
  /**
   * When it starts, counted from the start of traffic.
   */
  start?: string;
  /**
   * When it stops, counted from the start of traffic. Left out: at the end of the run.
   */
  stop?: string;
  /**
   * For which packets the routers note the path: `all`, `none`, or one in so many. During `commit`, `rollback` and `change` all packets are traced.
   */
  trace?: string;
}
/**
 * The packets of a capture, sent again: their sizes and gaps. What travels is shadowlab's own header and zeros, not what was captured.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "replayFlow".
 */
export interface ReplayFlow {
  /**
   * Expectations call the flow by this name.
   */
  name: string;
  /**
   * The host that sends.
   */
  from: string;
  /**
   * The host that receives; or, where hosts are external peers, an address outside. A prefix stands for its first address.
   */
  to: string;
  /**
   * Which packets, and when.
   */
  replay: {
    /**
     * A pcap or pcapng file, relative to this one (Ethernet, raw IP or Linux cooked; at most 64 MiB and 1,000,000 packets).
     */
    file: string;
    /**
     * `largest`: those of the direction that carries most bytes from one address to another. `all`: every IP packet, whatever its addresses. `{ from, to }`: those from an IPv4 address, to one, or both.
     */
    packets?:
      | ('largest' | 'all')
      | {
          /**
           * The sender's address in the capture.
           */
          from?: string;
          /**
           * The receiver's address in the capture.
           */
          to?: string;
        };
    /**
     * Only sizes are taken from the capture; packets leave at this rate, counted in IPv4 packets. Left out: at the times of the capture.
     */
    rate?: string;
    /**
     * After the last packet it begins anew. Otherwise the flow ends there.
     */
    loop?: boolean;
  };
  /**
   * The plane its packets are sent in.
   */
  plane?: 'real' | 'shadow';
  mirror?: Mirror;
  /**
   * When it starts, counted from the start of traffic.
   */
  start?: string;
  /**
   * When it stops, counted from the start of traffic. Left out: at the end of the run.
   */
  stop?: string;
  /**
   * For which packets the routers note the path: `all`, `none`, or one in so many. During `commit`, `rollback` and `change` all packets are traced.
   */
  trace?: string;
}
/**
 * Video on demand: the receiver asks for one segment after the other as its buffer has room, and plays them. Requests are packets, too; what is lost is asked for again. How long it took to start and how often it stalled is measured.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "streamFlow".
 */
export interface StreamFlow {
  /**
   * Expectations call the flow by this name.
   */
  name: string;
  /**
   * The host that has the video.
   */
  from: string;
  /**
   * The host of the viewer.
   */
  to: string;
  /**
   * The video and its player.
   */
  stream: {
    /**
     * Of the video itself, without headers.
     */
    bitrate: string;
    /**
     * How long a segment plays: what is asked for at once.
     */
    segment?: string;
    /**
     * Video that the player keeps ready at most.
     */
    buffer?: string;
    /**
     * Video that must lie ready before it begins to play, and before it goes on after a stall.
     */
    startup?: string;
    /**
     * Rate at which a segment is sent, counted in IPv4 packets. Left out: twice the bitrate.
     */
    pace?: string;
    /**
     * Size of each IPv4 packet, at least 53 B (headers, shadowlab's own, and some video).
     */
    packet?: string;
  };
  /**
   * The plane its packets are sent in, requests too.
   */
  plane?: 'real' | 'shadow';
  /**
   * When it starts, counted from the start of traffic.
   */
  start?: string;
  /**
   * When it stops, counted from the start of traffic. Left out: at the end of the run.
   */
  stop?: string;
  /**
   * For which packets the routers note the path: `all`, `none`, or one in so many. During `commit`, `rollback` and `change` all packets are traced.
   */
  trace?: string;
}
/**
 * A TCP connection that carries so many bytes, or as many as the network lets it until it is stopped. Its rate is not a setting but a result.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "tcpFlow".
 */
export interface TcpFlow {
  /**
   * Expectations call the flow by this name.
   */
  name: string;
  /**
   * The host that sends.
   */
  from: string;
  /**
   * The host that receives.
   */
  to: string;
  /**
   * What is sent, and how.
   */
  tcp: {
    /**
     * So many, and the connection is closed. Left out: as many as go, until the flow is stopped.
     */
    bytes?: string;
    /**
     * Congestion control: CUBIC (RFC 9438), as hosts have it today, or NewReno (RFC 6582).
     */
    congestion?: 'cubic' | 'newreno';
  } | null;
  /**
   * The plane of the connection, both ways.
   */
  plane?: 'real' | 'shadow';
  /**
   * When it starts, counted from the start of traffic.
   */
  start?: string;
  /**
   * When it stops writing, counted from the start of traffic. Left out: at the end of the run.
   */
  stop?: string;
}
/**
 * A traffic matrix: one flow for each pair with a rate above 0, named `background:STTL>NYCM` where the matrix is named `background`.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "matrixTraffic".
 */
export interface MatrixTraffic {
  /**
   * Expectations call all its flows together by this name.
   */
  name: string;
  /**
   * The rates.
   */
  matrix: {
    /**
     * A CSV file, relative to this one: the header `from,to,bps`, then a line for each pair. Rates that change over time have a column for each time: `from,to,0s,5min,10min`. A host by its name, or a router's name for the one host at that router.
     */
    file: string;
    /**
     * Time between one column of rates and the next, instead of what the header says: to play a day of five-minute means in a minute.
     */
    every?: string;
    /**
     * Every rate is multiplied by this.
     */
    scale?: number;
    /**
     * Size of each IPv4 packet.
     */
    packet?: string;
  };
  /**
   * The plane its packets are sent in.
   */
  plane?: 'real' | 'shadow';
  mirror?: Mirror;
  /**
   * `constant`: evenly spaced. `poisson`: exponentially distributed gaps. `{ on, off }`: bursts of constant rate; on and off times are exponentially distributed with these means.
   */
  arrival?:
    | ('constant' | 'poisson')
    | {
        /**
         * Mean length of a burst.
         */
        on: string;
        /**
         * Mean length of a pause.
         */
        off: string;
      };
  /**
   * When it starts, counted from the start of traffic.
   */
  start?: string;
  /**
   * When it stops, counted from the start of traffic. Left out: at the end of the run.
   */
  stop?: string;
  /**
   * For which packets the routers note the path: `all`, `none`, or one in so many. During `commit`, `rollback` and `change` all packets are traced.
   */
  trace?: string;
}
/**
 * One step: any of the actions below, carried out in the order in which they stand, then the expectations. A step that only expects looks back at the last step that did something.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "step".
 */
export interface Step {
  /**
   * Shown wherever the step is. Left out, it is made from the actions.
   */
  name?: string;
  converge?: Converge;
  /**
   * Lets the lab's time pass.
   */
  wait?: string;
  fail?: Fail;
  restore?: Restore;
  change?: Change;
  probe?: Probe;
  ping?: Ping;
  exec?: Exec;
  iperf?: Iperf;
  /**
   * Makes the shadow configurations real, on all routers as one transaction, and the real ones shadow. The step goes on for a second after it, to see what became of packets.
   */
  commit?: {
    /**
     * Later than this it is aborted, and every router goes back to the configuration it had.
     */
    within?: string;
    /**
     * How long one router may take to confirm one phase.
     */
    phase?: string;
  } | null;
  /**
   * Takes the last commit back: the configurations of real and shadow are swapped again, in the same way.
   */
  rollback?: {
    /**
     * Later than this it is aborted, and every router goes back to the configuration it had.
     */
    within?: string;
    /**
     * How long one router may take to confirm one phase.
     */
    phase?: string;
  } | null;
  /**
   * What must hold: one expectation, or a list.
   */
  expect?: Expectation | [Expectation, ...Expectation[]];
}
/**
 * Fails a link (both ends see it), one port of it (the other end does not), or a router (and with it the ends of its links at other routers, but for segments of three and more). One of link, port and router.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "fail".
 */
export interface Fail {
  link?: LinkName;
  port?: Port;
  /**
   * The router.
   */
  router?: string;
  /**
   * Where it fails. The other plane does not notice.
   */
  plane?: 'real' | 'shadow' | 'both';
}
/**
 * Enters configuration lines at routers while the experiment runs, on top of what the plane has at that time.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "change".
 */
export interface Change {
  /**
   * The plane whose configuration is changed.
   */
  plane?: 'real' | 'shadow';
  /**
   * Time between one router and the next, in the order in which they stand.
   */
  every?: string;
  /**
   * Lines per router.
   */
  configs: {
    [k: string]: ConfigText;
  };
}
/**
 * Test packets from one host to another, each traced at every router.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "probe".
 */
export interface Probe {
  /**
   * The host that sends.
   */
  from: string;
  /**
   * The host that receives; or, where hosts are external peers, an address outside. A prefix stands for its first address.
   */
  to: string;
  /**
   * The plane they are sent in.
   */
  plane?: 'real' | 'shadow';
  /**
   * How many packets.
   */
  count?: number;
  /**
   * Time between one packet and the next.
   */
  every?: string;
  /**
   * Size of each IPv4 packet, at least 52 B.
   */
  packet?: string;
}
/**
 * Pings one host from another: by its own `ping` program where hosts are machines, by shadowlab in the embedded lab. What is expected is said with `lost`, `rtt`, `reachable` and `unreachable`. Of `probe`, `ping` and `iperf` a step has one.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "ping".
 */
export interface Ping {
  /**
   * The host that pings.
   */
  from: string;
  /**
   * The host that answers.
   */
  to: string;
  /**
   * The plane of question and answer.
   */
  plane?: 'real' | 'shadow';
  /**
   * How many.
   */
  count?: number;
  /**
   * Time between one and the next, 10ms or more.
   */
  every?: string;
  /**
   * Size of each IPv4 packet, at least 44 B.
   */
  packet?: string;
  /**
   * An answer that takes longer counts as lost.
   */
  within?: string;
}
/**
 * Runs a command on a host; what it wrote and its exit code are in the results. Unless the step says otherwise with `exit`, it has to end with 0. Hosts are machines with programs in every backend but the embedded one.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "exec".
 */
export interface Exec {
  /**
   * The host.
   */
  on: string;
  /**
   * A text, for the host's `sh -c`; or a list of words, the program and its arguments, which no shell looks at. `{HOST}` stands for the address of that host.
   */
  run: string | [string, ...string[]];
  /**
   * Later than this it is ended, and `exit` does not hold.
   */
  within?: string;
  /**
   * The step does not wait for it: for servers. It is stopped when the run ends; one that fails within half a second of its start is an error.
   */
  background?: boolean;
}
/**
 * Measures throughput with the hosts' own `iperf3`. What is expected is said with `throughput`, and of UDP with `lost`. Not in the embedded backend, whose hosts have no programs.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "iperf".
 */
export interface Iperf {
  /**
   * The host that sends.
   */
  from: string;
  /**
   * The host that receives.
   */
  to: string;
  /**
   * The plane of the data. (What iperf3's two ends have to agree on, they do in the real one.)
   */
  plane?: 'real' | 'shadow';
  /**
   * How long, in whole seconds.
   */
  for?: string;
  /**
   * The transport.
   */
  protocol?: 'tcp' | 'udp';
  /**
   * What each stream sends at most; left out, 1Mbps with UDP, without limit with TCP.
   */
  rate?: string;
  /**
   * With UDP: size of each IPv4 packet; left out, 1200B.
   */
  packet?: string;
  /**
   * How many streams at once.
   */
  parallel?: number;
  /**
   * `from` still starts the connection, as a client behind a firewall does, but `to` sends.
   */
  reverse?: boolean;
}
/**
 * Claims about what was measured in the step. Without `flow` they are about the step's probe (or ping, or iperf), or all flows where the step has none; without `plane`, about both planes.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "claims".
 */
export interface Claims {
  /**
   * Only what was sent in this plane.
   */
  plane?: 'real' | 'shadow';
  /**
   * Only this flow, or the flows of this matrix.
   */
  flow?: string;
  /**
   * For `path`, `reachable` and `unreachable`: must hold so long after the step's failure or change, or earlier.
   */
  within?: string;
  /**
   * Packets sent in the step that did not arrive.
   */
  lost?: number | string;
  /**
   * Traced packets that some routers forwarded by one configuration and others by another.
   */
  mixed?: number | string;
  /**
   * Traced packets that passed a router twice.
   */
  looped?: number | string;
  /**
   * The routers that packets pass at the end of the step, in order; or `unchanged`: the same as before the first failure, change or commit.
   */
  path?: 'unchanged' | [Name, ...Name[]];
  /**
   * By which external peers traffic to addresses outside left the network: what was sent in the step and arrived left by these, by each of them, and by no other.
   */
  egress?: Name | [Name, ...Name[]];
  /**
   * The longest time from the step's failure or change until the probe arrives again for good.
   */
  recovered?: string;
  /**
   * At its end the whole probe arrives.
   */
  reachable?: true;
  /**
   * At its end nothing of the probe arrives.
   */
  unreachable?: true;
  /**
   * One-way delay: of every packet, or a statistic of it.
   */
  delay?:
    | TimeLimit
    | {
        /**
         * The shortest.
         */
        min?: string;
        /**
         * The mean.
         */
        mean?: string;
        /**
         * 99 of 100 packets are not later.
         */
        p99?: string;
        /**
         * The longest.
         */
        max?: string;
      };
  /**
   * Rate at which packets arrived over the step.
   */
  throughput?: string;
  /**
   * Times that the video of a stream stopped for want of data in the step.
   */
  stalls?: number | string;
  /**
   * How long it stood still for that in the step.
   */
  stalled?: string;
  /**
   * From the start of a stream until its video began to play.
   */
  startup?: string;
  /**
   * From the start of a TCP flow until all its bytes had arrived.
   */
  finished?: string;
  /**
   * Round-trip time of the step's ping: of every answer, or a statistic of it.
   */
  rtt?:
    | TimeLimit
    | {
        /**
         * The shortest.
         */
        min?: string;
        /**
         * The mean.
         */
        mean?: string;
        /**
         * 99 of 100 answers are not later.
         */
        p99?: string;
        /**
         * The longest.
         */
        max?: string;
      };
  /**
   * Exit code of the step's command.
   */
  exit?: number | string;
  /**
   * What the step's command wrote to its standard output. Of an output that is empty nothing holds.
   */
  stdout?: {
    /**
     * It matches somewhere.
     */
    matches?: string;
    /**
     * It matches nowhere.
     */
    lacks?: string;
  };
  /**
   * What it wrote to its standard error.
   */
  stderr?: {
    /**
     * It matches somewhere.
     */
    matches?: string;
    /**
     * It matches nowhere.
     */
    lacks?: string;
  };
  json?: JsonClaim;
  fib?: Fib;
}
/**
 * A value in the JSON that the step's command wrote to its standard output.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "jsonClaim".
 */
export interface JsonClaim {
  /**
   * Where the value is: keys with dots between them, places in lists from 0 in brackets; a key with a dot in it stands in brackets and quotes: `["a.b"]`.
   */
  at: string;
  /**
   * The value: a number, a text, true or false; or a comparison with a number.
   */
  is?: number | string | boolean;
  /**
   * For a text: a regular expression that matches somewhere in it.
   */
  matches?: string;
}
/**
 * On every router, the FIB of one plane equals that of a plane at an earlier time.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "fib".
 */
export interface Fib {
  /**
   * Whose FIBs, as they are at the end of this step.
   */
  plane?: 'real' | 'shadow';
  /**
   * The plane they are compared with.
   */
  equals: 'real' | 'shadow';
  /**
   * The name of a step: as it was at its end; or `start`: before the first step, when routers know what is connected and no more. Left out: now.
   */
  at?: string;
}
/**
 * Captures a link, all links of a router, or the link of a host. One of link, router and host.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "capture".
 */
export interface Capture {
  link?: LinkName;
  /**
   * The router.
   */
  router?: string;
  /**
   * The host.
   */
  host?: string;
  /**
   * The first so many frames of each link are kept, the others counted.
   */
  packets?: number;
  /**
   * Only frames of this plane are kept, and those that both share. Left out: of both.
   */
  plane?: 'real' | 'shadow';
  /**
   * The first so many bytes of each frame are kept, 64B or more. Left out: all.
   */
  snap?: string;
  /**
   * Only from the beginning of the first to the end of the second of these steps, by number.
   *
   * @minItems 2
   * @maxItems 2
   */
  steps?: [number, number];
}
/**
 * What is read of a containerlab topology file (https://containerlab.dev/manual/topo-def-file/). Everything else in it passes.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "containerlab".
 */
export interface ContainerlabFile {
  name?: string;
  topology: {
    defaults?: ContainerlabNode;
    kinds?: {
      [k: string]: ContainerlabNode;
    };
    groups?: {
      [k: string]: ContainerlabNode;
    };
    nodes: {
      [k: string]: ContainerlabNode;
    };
    /**
     * @maxItems 50000
     */
    links?: ContainerlabLink[];
  };
}
/**
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "containerlabLink".
 */
export interface ContainerlabLink {
  type?: string;
  /**
   * @minItems 2
   * @maxItems 2
   */
  endpoints?: [
    (
      | string
      | {
          node: string;
          interface: string;
          mac?: string;
          ipv4?: string;
        }
    ),
    (
      | string
      | {
          node: string;
          interface: string;
          mac?: string;
          ipv4?: string;
        }
    )
  ];
  /**
   * @maxItems 2
   */
  ipv4?: [] | [string] | [string, string];
  mtu?: Mtu;
  /**
   * shadowlab reads metric, rate, delay, jitter, loss and queue; the rest passes.
   */
  vars?: {
    metric?: Metric;
    rate?: Rate;
    delay?: Duration;
    jitter?: Duration;
    loss?: Share;
    queue?: Size;
  };
}
/**
 * What an output has in it, or has not. A regular expression as in JavaScript; `^` and `$` are the ends of a line.
 *
 * This interface was referenced by `ExperimentFile`'s JSON-Schema
 * via the `definition` "textClaim".
 */
export interface TextClaim {
  /**
   * It matches somewhere.
   */
  matches?: string;
  /**
   * It matches nowhere.
   */
  lacks?: string;
}
