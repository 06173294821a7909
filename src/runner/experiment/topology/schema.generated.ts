/** Made from schemas/topology.schema.json by scripts/topology-types.ts. */

/**
 * Shown in reports. Default: the name of the file.
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "topologyName".
 */
export type TopologyName = string;
/**
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
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
 * Where to draw it: degrees of longitude and latitude, or x and y of any plane.
 *
 * @minItems 2
 * @maxItems 2
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "position".
 */
export type Position = [number, number];
/**
 * Behind a router on a link of its own; or, where `router` is left out, on the link that names it among its endpoints.
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
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
} | null;
/**
 * Address with the length of its subnet.
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "interfaceAddress".
 */
export type InterfaceAddress = string;
/**
 * bps, kbps, Mbps, Gbps
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "rate".
 */
export type Rate = string;
/**
 * ns, us, ms, s, min, h
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "duration".
 */
export type Duration = string;
/**
 * Percent.
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "share".
 */
export type Share = string;
/**
 * B, kB, MB
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "size".
 */
export type Size = string;
/**
 * Largest IPv4 packet, bytes.
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "mtu".
 */
export type Mtu = number;
/**
 * `NODE`, `NODE:interface`, or what is special about this end.
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "endpoint".
 */
export type Endpoint =
  | string
  | {
      node: string;
      interface?: string;
      metric?: Metric;
      address?: InterfaceAddress;
    };
/**
 * OSPF cost.
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "metric".
 */
export type Metric = number;
/**
 * @maxItems 50000
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "links".
 */
export type Links = NativeLink[];
/**
 * Links that the file has, found by their endpoints, and what is different about them here.
 *
 * @maxItems 50000
 */
export type Links1 = NativeLink[];
/**
 * What stands under `topology` in an experiment: a file, a file and what is added to it, or the topology itself.
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "source".
 */
export type Source = string | TopologyOverlay | NativeTopology;
/**
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "prefix".
 */
export type Prefix = string;
/**
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
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
 * Routers, hosts and the links between them. docs/topology.md tells what each default is and how addresses are given.
 */
export interface ShadowlabTopology {
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
}
/**
 * The end systems, by name.
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "hosts".
 */
export interface Hosts {
  [k: string]: NativeHost;
}
/**
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
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
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
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
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
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
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "ospf".
 */
export interface OspfDefaults {
  /**
   * ns, us, ms, s, min, h
   */
  hello?: string;
  /**
   * ns, us, ms, s, min, h
   */
  dead?: string;
}
/**
 * A topology in a file of its own, or written into an experiment.
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
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
}
/**
 * A topology from a file, and what this experiment adds to it.
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
 * via the `definition` "overlay".
 */
export interface TopologyOverlay {
  /**
   * *.yaml (this schema), *.clab.yml (containerlab) or *.gml (Topology Zoo), relative to the file that names it.
   */
  file: string;
  name?: TopologyName;
  hosts?: Hosts;
  links?: Links1;
  defaults?: LinkDefaults;
  addressing?: Addressing;
  ospf?: OspfDefaults;
}
/**
 * What is read of a containerlab topology file (https://containerlab.dev/manual/topo-def-file/). Everything else in it passes.
 *
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
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
 * This interface was referenced by `ShadowlabTopology`'s JSON-Schema
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
