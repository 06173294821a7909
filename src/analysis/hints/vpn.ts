/**
 * Why customers' packets do not get from one site to another, or do though they should not: what the configurations of
 * both ends say of their VRFs, the receiving one first, as routes go that way (RFC 4364 4).
 */
import type { BgpConfig, BgpVpnConfig } from '../../config/bgp-model.ts';
import { parseConfig } from '../../config/parser.ts';
import { locateLine } from '../../config/writer.ts';
import { formatList } from '../format.ts';
import type { Hint } from '../result.ts';
import type { RunView } from '../view.ts';
import type { Moment } from './reference.ts';

/** A host's end of the VPN. */
interface Site {
  readonly host: string;
  readonly router: string;
  readonly port: string;
  /** Undefined: in the default table. */
  readonly vrf: string | undefined;
  readonly bgp: BgpConfig | undefined;
  readonly file: string;
  readonly text: string;
}

/** What keeps routes to `to` from the VRF of `from`. Nothing where neither is in a VRF. */
export function vpnHints(from: string, to: string, now: Moment, view: RunView): readonly Hint[] {
  return sitesOf(to, now, view).flatMap((far) =>
    sitesOf(from, now, view).flatMap((near) => {
      if (far.vrf === undefined && near.vrf === undefined) return [];
      if (far.vrf === undefined || near.vrf === undefined) {
        return [{ text: `in ${now.plane} ${placeOf(near)}, and ${placeOf(far)}`, router: far.router }];
      }
      if (far.router === near.router && far.vrf === near.vrf) return [];
      return joined(far, near, now, view);
    }),
  );
}

/** By which target a VRF takes the routes of another. */
export function leakHints(from: string, to: string, now: Moment, view: RunView): readonly Hint[] {
  return sitesOf(to, now, view).flatMap((far) =>
    sitesOf(from, now, view).flatMap((near) => {
      const given = far.bgp?.ipv4.vpn?.exportTargets ?? [];
      const shared = (near.bgp?.ipv4.vpn?.importTargets ?? []).filter((target) => given.includes(target));
      if (shared.length === 0 || far.vrf === near.vrf) return [];
      const text = `${nameOf(near)} imports route target ${shared.join(', ')} in ${now.plane}, which ${nameOf(far)} exports`;
      return [at(near, text, [`rt vpn import`, 'rt vpn both'])];
    }),
  );
}

function joined(far: Site, near: Site, now: Moment, view: RunView): readonly Hint[] {
  const { plane } = now;
  const without = [far, near].find(({ bgp }) => bgp === undefined);
  if (without !== undefined) {
    const title = `router bgp … vrf ${without.vrf}`;
    return [at(without, `${nameOf(without)} has no BGP in ${plane}, no "${title}"`, [])];
  }
  const gives = far.bgp?.ipv4.vpn ?? NO_VPN;
  const takes = near.bgp?.ipv4.vpn ?? NO_VPN;
  const isLocal = far.router === near.router;
  const lacking = [
    { isThere: gives.export, site: far, what: 'gives the VPN nothing', line: 'export vpn' },
    {
      isThere: isLocal || gives.rd !== undefined,
      site: far,
      what: 'gives the VPN nothing',
      line: 'rd vpn export',
    },
    {
      isThere: gives.exportTargets.length > 0,
      site: far,
      what: 'gives the VPN nothing',
      line: 'rt vpn export',
    },
    {
      isThere: isLocal || gives.label !== undefined,
      site: far,
      what: 'has no label in the VPN',
      line: 'label vpn export',
    },
    { isThere: takes.import, site: near, what: 'takes nothing from the VPN', line: 'import vpn' },
    {
      isThere: takes.importTargets.length > 0,
      site: near,
      what: 'takes nothing from the VPN',
      line: 'rt vpn import',
    },
  ].filter(({ isThere }) => !isThere);
  if (lacking.length > 0) {
    return lacking.map(({ site, what, line }) =>
      at(site, `${nameOf(site)} ${what} in ${plane}: there is no "${line}"`, []),
    );
  }
  if (!gives.exportTargets.some((target) => takes.importTargets.includes(target))) {
    return targetHints(far, gives, near, takes, now, view);
  }
  const address = view.network.addressOf(far.host) ?? '';
  const known = view.bgp(now.step, plane, address);
  const had = known.find(({ router, vrf }) => router === far.router && vrf === far.vrf);
  if (had === undefined || had.entry !== undefined) return [];
  const text = `BGP of ${nameOf(far)} has no route to ${far.host} (${address}) in ${plane}: nothing announces or redistributes one`;
  return [at(far, text, [])];
}

function targetHints(
  far: Site,
  gives: BgpVpnConfig,
  near: Site,
  takes: BgpVpnConfig,
  { step, plane }: Moment,
  view: RunView,
): readonly Hint[] {
  const text =
    `${nameOf(near)} imports route target ${formatList(takes.importTargets)} in ${plane}, and ` +
    `${nameOf(far)} exports ${formatList(gives.exportTargets)}`;
  const all = view.network.routers.flatMap((router) =>
    parsed(view.config(step, router, plane)?.text ?? '').bgp.flatMap(({ ipv4 }) => ipv4.vpn ?? []),
  );
  const nobody = [
    ...gives.exportTargets
      .filter((target) => !all.some(({ importTargets }) => importTargets.includes(target)))
      .map((target) =>
        at(far, `no router imports route target ${target} in ${plane}`, ['rt vpn export', 'rt vpn both']),
      ),
    ...takes.importTargets
      .filter((target) => !all.some(({ exportTargets }) => exportTargets.includes(target)))
      .map((target) =>
        at(near, `no router exports route target ${target} in ${plane}`, ['rt vpn import', 'rt vpn both']),
      ),
  ];
  return [at(far, text, ['rt vpn export', 'rt vpn both']), ...nobody];
}

const NO_VPN: BgpVpnConfig = { importTargets: [], exportTargets: [], export: false, import: false };

function sitesOf(host: string, { step, plane }: Moment, view: RunView): readonly Site[] {
  return view.start.links.flatMap(({ ends }) =>
    ends.some(({ node }) => node === host)
      ? ends.flatMap(({ node: router, port }): readonly Site[] => {
          const config = view.config(step, router, plane);
          if (router === host || config === undefined) return [];
          const { interfaces, bgp } = parsed(config.text);
          const { vrf } = interfaces.find(({ name }) => name === port) ?? {};
          return [
            {
              host,
              router,
              port,
              vrf,
              bgp: bgp.find((each) => vrf !== undefined && each.vrf === vrf),
              ...config,
            },
          ];
        })
      : [],
  );
}

function parsed(text: string): ReturnType<typeof parseConfig>['config'] {
  return parseConfig(text).config;
}

function nameOf({ router, vrf }: Site): string {
  return `VRF ${vrf} of ${router}`;
}

function placeOf({ router, port, vrf }: Site): string {
  return `${port} of ${router} is in ${vrf === undefined ? 'no VRF' : `VRF ${vrf}`}`;
}

/** A hint about a site, at the first of the lines that its configuration has. */
function at(site: Site, text: string, lines: readonly string[]): Hint {
  const title = `router bgp ${site.bgp?.as} vrf ${site.vrf}`;
  for (const wanted of lines) {
    const line = locateLine(site.text, `${title} address-family ipv4 unicast`, wanted);
    const found = line === undefined ? undefined : site.text.split('\n')[line - 1]?.trim();
    if (line !== undefined && found !== undefined) {
      return { text, router: site.router, config: { file: site.file, line, text: found } };
    }
  }
  const line = locateLine(site.text, '', title);
  return {
    text,
    router: site.router,
    ...(line !== undefined && { config: { file: site.file, line, text: title } }),
  };
}
