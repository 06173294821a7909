/** One description of a router's OSPF, written for FRR (and so for us) and for BIRD. */

export interface OspfRouter {
  readonly routerId: string;
  /** By name; those whose area is left out are in the backbone. */
  readonly interfaces: Readonly<Record<string, OspfLink>>;
  /** Lines of `router ospf`, or of BIRD's `protocol ospf`. */
  readonly lines?: readonly string[];
  /** Lines outside of it. */
  readonly outside?: readonly string[];
  /** By area: lines of BIRD's `area`. */
  readonly areaLines?: Readonly<Record<string, readonly string[]>>;
}

export interface OspfLink {
  /** `10.1.0.1/24` */
  readonly address: string;
  readonly area?: string;
  /** Default: 10. */
  readonly cost?: number;
  /** Default: point-to-point. */
  readonly isBroadcast?: boolean;
  readonly priority?: number;
  /** Seconds (default 4), and as many Hellos in that time. */
  readonly deadS?: number;
  /** Further lines of the interface, in the router's own language. */
  readonly lines?: readonly string[];
}

/** What FRR and our router read. */
export function frrText({ routerId, interfaces, lines = [], outside = [] }: OspfRouter): string {
  const sections = Object.entries(interfaces).map(([name, link]) => [
    `interface ${name}`,
    ` ip address ${link.address}`,
    ` ip ospf area ${link.area ?? '0'}`,
    ...(name === 'lo' ? [] : frrLink(link)),
  ]);
  const ospf = ['router ospf', ` ospf router-id ${routerId}`, ...lines.map((line) => ` ${line}`)];
  return `${[...sections.flat(), ...ospf, 'exit', ...outside].join('\n')}\n`;
}

function frrLink({ cost = 10, isBroadcast = false, priority, deadS = 4, lines = [] }: OspfLink): string[] {
  return [
    ` ip ospf cost ${cost}`,
    ` ip ospf network ${isBroadcast ? 'broadcast' : 'point-to-point'}`,
    ' ip ospf hello-interval 1',
    ` ip ospf dead-interval ${deadS}`,
    ...(priority === undefined ? [] : [` ip ospf priority ${priority}`]),
    ...lines.map((line) => ` ${line}`),
  ];
}

/** What BIRD reads; its addresses are in its kernel (addressesOf). */
export function birdText(router: OspfRouter): string {
  const { routerId, interfaces, lines = [], outside = [], areaLines = {} } = router;
  const areas = new Set(Object.values(interfaces).map(({ area = '0' }) => area));
  const sections = [...areas].map((area) => {
    const links = Object.entries(interfaces).filter(([, link]) => (link.area ?? '0') === area);
    const texts = links.map(([name, link]) => `interface "${name}" { ${birdLink(name, link)} };`);
    return `area ${area} { ${[...(areaLines[area] ?? []), ...texts].join('\n')} };`;
  });
  // What announces externals may not be in a stub area alone.
  const announces = outside.length > 0 ? 'where source = RTS_STATIC' : 'none';
  return `router id ${routerId};
protocol device {}
protocol direct { ipv4; }
protocol kernel { ipv4 { export all; }; }
${outside.join('\n')}
protocol ospf v2 {
  ipv4 { import all; export ${announces}; };
  ${[...lines, ...sections].join('\n')}
}
`;
}

function birdLink(
  name: string,
  { cost = 10, isBroadcast = false, priority, deadS = 4, lines = [] }: OspfLink,
) {
  if (name === 'lo') return 'stub;';
  const words = [`type ${isBroadcast ? 'broadcast' : 'ptp'}`, `cost ${cost}`, 'hello 1', `dead ${deadS}`];
  if (priority !== undefined) words.push(`priority ${priority}`);
  return `${[...words, ...lines].join('; ')};`;
}

/** For `lab.bird`. */
export function addressesOf({ interfaces }: OspfRouter): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(interfaces).map(([name, { address }]) => [name, address]));
}
